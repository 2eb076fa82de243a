# SPDX-License-Identifier: EUPL-1.2
"""A module says which SDK it was made for, and starts on no other."""

from importlib.metadata import version
from pathlib import Path

import pytest

from mash_sdk.cli import fitting, main
from mash_sdk.manifest import Manifest, ManifestError

RUNNING = version("mash-sdk")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """A package that holds a manifest with this range, and nothing else."""
    name = f"mash_ranged{abs(hash(request.param))}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "module.toml").write_text(
        f'name = "ranged"\ntitle = "x"\nversion = "1.2.3"\nsdk = "{request.param}"\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    return name


@pytest.mark.parametrize("package", [">=0.1,<1", f"=={RUNNING}", "", ">=0.1.0.dev1"], indirect=True)
def test_a_range_that_has_the_sdk_fits(package: str) -> None:
    assert fitting(package).version == "1.2.3"


@pytest.mark.parametrize("command", ["serve", "migrate", "openapi"])
@pytest.mark.parametrize("package", [">=99", "<0.0.1", f"!={RUNNING}"], indirect=True)
def test_a_module_made_for_another_sdk_does_not_start(
    package: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(package, [command])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert f"ranged 1.2.3 needs mash-sdk {Manifest.of(package).sdk}, but {RUNNING} runs here" in said


@pytest.mark.parametrize("package", ["newest", ">= one", "1"], indirect=True)
def test_what_is_no_range_is_told(package: str) -> None:
    with pytest.raises(ManifestError, match="no range of versions"):
        Manifest.of(package)
