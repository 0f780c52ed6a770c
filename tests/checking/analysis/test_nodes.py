"""The server's own writing of nodes, read."""

import pytest

from tenantstore.checking.analysis import Node, read, walk

READ = [
    ("<>", None),
    ("true", True),
    ("-1", -1),
    ("x", "x"),
    ("()", []),
    ("(i 1 -2)", [1, -2]),
    ("(o 2950 25)", [2950, 25]),
    ("(b)", []),
    ("(b 1 3)", [1, 3]),
    ('("id" "two\\ words" "")', ["id", "two words", ""]),
    ('("1" "true")', ["1", "true"]),
    ("((1) <>)", [[1], None]),
]


@pytest.mark.parametrize(("text", "value"), READ)
def test_a_value_is_read(text: str, value: object) -> None:
    assert read(text) == value


def test_a_node_has_its_fields_by_name() -> None:
    node = read("{CONST :consttype 23 :constisnull false :constvalue 4 [ 1 0 0 -1 ] :location -1}")

    assert (node.tag, node.fields) == (
        "CONST",
        {"consttype": 23, "constisnull": False, "constvalue": b"\x01\x00\x00\xff", "location": -1},
    )


@pytest.mark.parametrize("name", ["true", "<>x", "1", "a b", '"', "(", "\\"])
def test_a_name_stays_what_its_author_wrote(name: str) -> None:
    written = "".join(f"\\{letter}" if not letter.isalpha() else letter for letter in name)

    assert read(f"{{TARGETENTRY :resno 1 :resname {written} :resjunk false}}").resname == name


def test_a_field_that_the_version_lacks_is_named() -> None:
    with pytest.raises(AttributeError, match="VAR has no field varnullingrels"):
        read("{VAR :varno 1}").varnullingrels  # noqa: B018


@pytest.mark.parametrize("text", ["{VAR :varno", "(1", "1 2"])
def test_a_text_that_holds_no_value_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"a value is cut short|more than one value"):
        read(text)


def test_walking_meets_every_node_in_order() -> None:
    tags = [node.tag for node in walk(read("({A :x {B :y ({C})} :z {D}} {E})")) if isinstance(node, Node)]

    assert tags == ["A", "B", "C", "D", "E"]
