# SPDX-License-Identifier: EUPL-1.2
"""FIM XDatenfelder 2.0 and 3.0.0: read strictly, and made into a form that works."""
