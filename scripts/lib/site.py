"""Collects the documents for mdBook.

    python3 scripts/lib/site.py PROJECT OUT

The README's table of documents is the order of the site: a page that is not linked there, or on the page of its folder, is not
in it, and tests/it/docs.rs fails for such a page. A link to a file that is no page (a test, a script) becomes its name.
"""
import os
import posixpath
import re
import sys
from pathlib import Path

PROJECT, OUT = Path(sys.argv[1]), Path(sys.argv[2])
LINK = re.compile(r"\[([^\]\n]+)\]\(([^)\s]+)\)")


def links(page, text):
    """The pages that `text` links to, with the words of each link."""
    for words, target in LINK.findall(text):
        path = target.split("#")[0]
        if path.endswith(".md") and "://" not in path:
            yield words, posixpath.normpath(posixpath.join(posixpath.dirname(page), path))


def in_site(page):
    """The name of a page in the site. mdBook calls the page of a folder index, and does not change links to it."""
    return re.sub(r"README\.md$", "index.md", page)


def read(page):
    return (PROJECT / page).read_text(encoding="utf-8")


def title(page):
    return read(page).lstrip().splitlines()[0].lstrip("# ").strip()


def summary():
    """The chapters: those of the README's last table, each with the pages of its folder."""
    lines, seen = ["[jit](index.md)", ""], {"README.md"}

    def add(page, depth):
        if page in seen or not (PROJECT / page).exists():
            return
        seen.add(page)
        lines.append(f"{'  ' * depth}- [{title(page)}]({in_site(page)})")
        if page.endswith("/README.md"):
            for _, below in links(page, read(page)):
                if below.startswith(posixpath.dirname(page) + "/"):
                    add(below, depth + 1)

    table = read("README.md").split("\n## Documents\n")[1].split("\n## ")[0]
    for row in (row for row in table.splitlines() if row.startswith("| ") and not row.startswith(("| for |", "| ---"))):
        head = row.split("|")[1].strip()
        lines.append(f"\n# {head[0].upper()}{head[1:]}\n")
        for _, page in links("README.md", row):
            add(page, 0)
    return "\n".join(lines) + "\n", seen


def in_site_link(words, target):
    path, hash, heading = target.partition("#")
    return f"[{words}]({in_site(path)}{hash}{heading})"


def for_the_site(page, pages):
    """The text of a page, without links to what is not in the site."""

    def link(match):
        words, target = match.groups()
        path = target.split("#")[0]
        if "://" in target or not path:
            return match[0]
        place = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
        return in_site_link(words, target) if place in pages else words

    return LINK.sub(link, read(page))


text, pages = summary()
source = OUT / "src"
for page in pages:
    place = source / in_site(page)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(for_the_site(page, pages), encoding="utf-8")
(source / "SUMMARY.md").write_text(text, encoding="utf-8")
(OUT / "book.toml").write_text(
    '[book]\ntitle = "jit"\nlanguage = "en"\nsrc = "src"\n\n[output.html]\ndefault-theme = "light"\nno-section-label = true\n',
    encoding="utf-8",
)
