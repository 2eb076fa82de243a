# SPDX-License-Identifier: EUPL-1.2
"""SensorThings by its addresses: links, properties, $expand, $select, and refusals that say what to do."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mash_sdk.problems import Problem
from mash_sdk.testing import Bench
from mash_sensors.model.entities import ENTITIES
from mash_sensors.model.odata.check import plan_of
from mash_sensors.model.odata.options import OPTIONS, parse_query
from mash_sensors.model.odata.printer import printed_query

STA = "/api/sensors/sta/v1.1"


async def got(bench: Bench, path: str, status: int = 200) -> Any:
    answer = await bench.visitor().get(f"{STA}{path}")
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture
async def stream(bench: Bench, sender: Any) -> str:
    """A datastream with three readings."""
    for minutes in (1, 2, 3):
        at = bench.clock.now() + timedelta(minutes=minutes - 5)
        await sender.send({"surface": float(minutes), "wet": True}, at=at)
    await bench.settle()
    return str(sender.datastream("surface"))


async def test_an_expansion_shows_what_the_links_lead_to(bench: Bench, stream: str, sender: Any) -> None:
    thing = await got(
        bench,
        f"/Things('{sender.about['thing_id']}')?$select=name,id&$expand=Datastreams($select=name;"
        "$filter=unitOfMeasurement/symbol eq '°C';"
        "$expand=Observations($orderby=result desc;$top=1;$count=true),Sensor($select=name))",
    )
    next_link = thing["Datastreams"][0].pop("Observations@iot.nextLink")
    [reading] = thing["Datastreams"][0].pop("Observations")
    assert reading["result"] == 3.0
    assert thing == {
        "@iot.id": sender.about["thing_id"],
        "name": "Alte Brücke",
        "Datastreams": [
            {
                "name": "Oberflächentemperatur",
                "Observations@iot.count": 3,
                "Sensor": {"name": "Fahrbahnfühler"},
            }
        ],
    }
    found = []
    while next_link:
        page = await got(bench, next_link.partition(STA)[2])
        found += [one["result"] for one in page["value"]]
        next_link = page.get("@iot.nextLink")
    assert found == [2.0, 1.0]


async def test_a_path_is_an_expansion_within(bench: Bench, stream: str) -> None:
    [first, second] = [
        await got(bench, f"/Datastreams('{stream}')?$select=name&$expand={way}")
        for way in ("Thing/Datastreams", "Thing($expand=Datastreams)")
    ]
    assert first == second
    assert len(first["Thing"]["Datastreams"]) == 2


async def test_links_and_properties_have_addresses(bench: Bench, stream: str, sender: Any) -> None:
    thing = sender.about["thing_id"]
    way = f"/Things('{thing}')/Datastreams('{stream}')"
    readings = (await got(bench, f"{way}/Observations?$orderby=result"))["value"]
    one = readings[0]["@iot.id"]
    assert (await got(bench, f"{way}/Observations('{one}')/Datastream/Thing"))["@iot.id"] == thing
    assert await got(bench, f"/Observations('{one}')/result") == {"result": 1.0}
    assert (await bench.visitor().get(f"{STA}/Observations('{one}')/result/$value")).text == "1.0"
    assert await got(bench, f"{way}/unitOfMeasurement/symbol") == {"symbol": "°C"}
    assert (await bench.visitor().get(f"{STA}{way}/name/$value")).text == "Oberflächentemperatur"
    refs = (await got(bench, f"{way}/Observations/$ref?$top=1&$count=true"))["value"]
    assert [list(ref) for ref in refs] == [["@iot.selfLink"]]
    assert (await bench.visitor().get(f"{STA}/Observations('{one}')/FeatureOfInterest")).status_code == 204
    await got(bench, f"/Things('{thing}')/Datastreams('{thing}')", 404)
    for nowhere in ("nothing", "Thing", "name/$value/x", "properties/x", "Datastream('x')", "name('x')"):
        await got(bench, f"{way}/{nowhere}{'' if nowhere != 'Thing' else '/x'}", 404)


async def test_readings_are_found_by_what_they_are_of(bench: Bench, stream: str, sender: Any) -> None:
    found = await got(
        bench,
        f"/Observations?$filter=Datastream/id eq '{stream}' and result ge 2 and "
        "phenomenonTime gt now() sub duration'PT1H'&$orderby=result desc&$select=result&$count=true",
    )
    assert found == {"@iot.count": 2, "value": [{"result": 3.0}, {"result": 2.0}]}
    things = await got(bench, "/Things?$filter=Datastreams/Observations/result gt 2.5&$select=name")
    assert things == {"value": [{"name": "Alte Brücke"}]}
    assert await got(bench, "/Things?$filter=Datastreams/Observations/result gt 3") == {"value": []}


async def test_pages_go_on_with_all_that_was_asked(bench: Bench, stream: str) -> None:
    url: str | None = "/Observations?$filter=result gt 1&$select=result&$top=1&$orderby=phenomenonTime desc"
    found = []
    while url:
        page = await got(bench, url)
        found += page["value"]
        url = page["@iot.nextLink"].partition(STA)[2] if "@iot.nextLink" in page else None
    assert found == [{"result": 3.0}, {"result": 2.0}]


async def test_observations_are_shown_as_rows(bench: Bench, stream: str) -> None:
    page = await got(
        bench, "/Observations?$resultFormat=dataArray&$select=phenomenonTime,result&$filter=result gt 1"
    )
    [rows] = page["value"]
    assert rows["Datastream@iot.navigationLink"].endswith(f"/Datastreams('{stream}')")
    assert rows["components"] == ["phenomenonTime", "result"]
    assert [row[1] for row in rows["dataArray"]] == [2.0, 3.0]
    assert rows["dataArray@iot.count"] == 2
    await got(bench, "/Things?$resultFormat=dataArray", 400)
    await got(bench, "/Observations?$resultFormat=csv", 501)


@pytest.mark.parametrize(
    ("option", "status", "said"),
    [
        ("$filter=result gt", 400, "Ende"),
        ("$filter=nothing eq 1", 400, "phenomenonTime"),
        ("$filter=phenomenonTime gt 'yesterday'", 400, "Gleiches"),
        ("$filter=result", 200, ""),
        ("$filter=soundex(result) eq 'x'", 501, "tolower"),
        ("$filter=resultQuality eq 'late'", 501, "anderem"),
        ("$filter=length(result,1) eq 1", 400, "Text"),
        ("$filter=" + "(" * 30 + "true" + ")" * 30, 400, "Flacher"),
        ("$filter=" + " and ".join(["result eq 1"] * 60), 400, "mehreren"),
        ("$filter=result eq 'x' and result eq 1", 200, ""),
        ("$filter=result mul 1e308 gt 1e308 mul 10", 400, "Zahlen"),
        ("$filter=2020-13-01 eq phenomenonTime", 400, "ISO 8601"),
        ("$filter=phenomenonTime add duration'P99999D' gt now()", 200, ""),
        ("$filter=phenomenonTime add duration'P999999999D' gt now()", 400, "Zahlen"),
        ("$filter=st_within(FeatureOfInterest/feature, geography'POINT(x)')", 400, "WKT"),
        ("$filter=st_within(geography'POINT(1 1)', geography'POINT(1 1)')", 501, "Eigenschaft"),
        ("$expand=Nothing", 400, "Datastream"),
        ("$expand=Datastream/Thing/Datastreams/Thing/Datastreams/Thing", 400, "Flacher"),
        ("$expand=Datastream($top=1", 400, "schließen"),
        ("$select=nothing", 400, "result"),
        ("$orderby=Datastream/Observations/result", 400, "ordnen"),
        ("$orderby=Datastream/Thing/name,result desc,length(Datastream/name)", 200, ""),
        ("$top=-1", 400, "ganze Zahl"),
        ("$top=x", 400, "ganze Zahl"),
        ("$count=yes", 400, "true"),
        ("$top=1&$top=2", 400, "Einmal"),
    ],
)
async def test_a_query_is_answered_or_explained(
    bench: Bench, stream: str, option: str, status: int, said: str
) -> None:
    document = await got(bench, f"/Observations?{option}", status)
    if status != 200:
        [fault] = document["errors"]
        assert fault["pointer"] == f"?{option.partition('=')[0]}"
        assert said in f"{fault['reason']} {fault['remedy']}"


PIECES = [
    *("result", " eq ", " and ", "not ", "(", ")", "'", "x", "1", "-", ",", "/", "Datastream", "$top=1", ";"),
    *("null", "2026-01-01T00:00:00Z", "geography'POINT(1 1)'", "st_within", "duration'P1D'", "\0", "ü"),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=20)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(OPTIONS), TEXTS), max_size=3))
def test_whatever_is_asked_is_understood_or_refused(options: list[tuple[str, str]]) -> None:
    refused: Problem | None = None
    try:
        query = parse_query(options)
        for entity in ENTITIES.values():
            plan_of(query, entity)
    except Problem as problem:
        refused = problem
    if refused is not None:
        assert refused.status in {400, 501}
        assert refused.errors[0].remedy
    else:
        again = {**printed_query(query), **({"$top": str(query.top)} if query.top is not None else {})}
        found = parse_query(again.items())
        assert (found.filter, found.orderby, found.select, found.expand) == (
            query.filter, query.orderby, query.select, query.expand,
        )  # fmt: skip
