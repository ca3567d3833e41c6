"""Outputs of each kind, as tests write them: an older run's and a newer one's."""

from __future__ import annotations

from pathlib import Path

from genoseq.files.atomic import atomic_folder, atomic_together, filled_folder


def folder(home: Path, text: str) -> None:
    with atomic_folder(home / "out") as partial:
        (partial / "a").write_text(text)


def together(home: Path, text: str) -> None:
    """Three files and a folder in two folders, of which a new run leaves one file out."""
    asked = [home / "a.fa", home / "sub/a.bed", home / "a.json", home / "a_files"]
    with atomic_together(asked) as paths:
        for path in paths[: 3 if text == "old" else 2]:
            path.write_text(text)
        paths[3].mkdir()
        (paths[3] / "b").write_text(text)


def filled(home: Path, text: str) -> None:
    with filled_folder(home / "out") as filling:
        for name in ("a", "b") if text == "old" else ("b", "c"):
            (filling.new / name).write_text(text)
        (filling.new / "d").mkdir()
        (filling.new / "d/e").write_text(text)
        filling.publish(
            ["b", "d/e", "a" if text == "old" else "c"],
            {"a", "c"} - {"a" if text == "old" else "c"},
        )


def contents(home: Path) -> dict[str, str]:
    return {
        str(path.relative_to(home)): path.read_text() for path in home.rglob("*") if path.is_file()
    }


def names(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*")}


def names_of(found: dict[str, str]) -> set[str]:
    parents = {str(each) for name in found for each in Path(name).parents}
    return {*found, *parents} - {"."}
