"""A 422 names each field as people say it, never as the API does."""

from server.api.problems import FIELD_NAMES
from tests.client import Api


def fields_of(document: dict) -> set[str]:
    """Every name a request of the API may carry, path parameters left out: people do not type those."""
    names: set[str] = set()
    for path in document["paths"].values():
        for operation in path.values():
            names |= {p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"}
            for content in operation.get("requestBody", {}).get("content", {}).values():
                schema = content["schema"]
                if "$ref" in schema:
                    schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
                names |= set(schema["properties"])
    return names


def test_every_field_has_a_chinese_name(api: Api) -> None:
    asked = fields_of(api.app.test_client().get("/openapi.json").json)
    assert len(asked) > 30
    assert asked - set(FIELD_NAMES) == set()
    assert set(FIELD_NAMES) - asked == {"body"}  # no name is kept for a field that is gone; `body` is the whole


def test_the_sentence_says_it(api: Api) -> None:
    response = api.post("/stations", "admin", {"name": "苏州驻点"})
    assert response.status_code == 422
    assert "城市必须填写" in response.json["detail"]
    assert {"field": "city", "message": "必须填写"} in response.json["facts"]["fields"]


def test_a_number_out_of_range_is_told_the_range(api: Api) -> None:
    assert "不能大于 90" in api.check_in("chen", lat="91").json["detail"]
    assert "不能小于 -180" in api.check_in("chen", lng="-181").json["detail"]
    assert "最多 500 个字" in api.check_in("chen", note="长" * 501).json["detail"]
