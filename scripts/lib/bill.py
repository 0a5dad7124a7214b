"""What the program is made of, from Cargo.lock and the sources that cargo has: a bill of materials (CycloneDX 1.5, JSON)
and the licence texts that have to go along with a binary.

    bill.py TARGET sbom [PROGRAM]       on stdout
    bill.py TARGET notices [PROGRAM]    on stdout

PROGRAM is jit, or another package of the workspace.

The same commit gives the same bytes; SOURCE_DATE_EPOCH is the time that the bill carries.
"""

import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib
import uuid

# C sources that crates bring along and that end up in the static program, and the C library around it all. Their
# versions are read from the crates, so that an update cannot leave them stale unnoticed.
DBUS = {"crate": "libdbus-sys", "file": "build_vendored.rs", "version": r'DBUS_VERSION: &str = "\\"([0-9.]+)\\""'}


def cargo(*words):
    return subprocess.run(["cargo", *words], check=True, capture_output=True, text=True).stdout


def what_is_built(target, program):
    """The crates of PROGRAM that are compiled for TARGET, as (name, version): all, and those whose code is in the program."""
    def tree(edges):
        lines = cargo("tree", "--locked", "--package", program, "--target", target, "-e", edges, "--prefix", "none", "-f", "{p}").splitlines()
        found = (re.match(r"(\S+) v(\S+)( \(proc-macro\))?", line) for line in lines if line)
        return {(m[1], m[2]): bool(m[3]) for m in found}
    built, normal = tree("normal,build"), tree("normal,no-proc-macro")
    return built, {crate for crate, is_macro in normal.items() if not is_macro}


def texts_of(folder):
    """The licence texts of a crate, by the names that crates give them."""
    names = re.compile(r"(licen[sc]e|copying|notice|copyright|unlicense)", re.I)
    files = sorted(path for path in folder.iterdir() if path.is_file() and names.match(path.name))
    return {path.name: path.read_text(errors="replace").strip() for path in files}


def ours_and_theirs(target, program):
    packages = json.loads(cargo("metadata", "--locked", "--format-version", "1", "--filter-platform", target))
    locked = tomllib.loads(pathlib.Path("Cargo.lock").read_text())["package"]
    hashes = {(p["name"], p["version"]): p.get("checksum") for p in locked}
    built, shipped = what_is_built(target, program)
    crates = {}
    for package in packages["packages"]:
        key = (package["name"], package["version"])
        if key in built:
            crates[key] = package | {"sha256": hashes[key], "shipped": key in shipped}
    missing = set(built) - set(crates)
    assert not missing, f"cargo tree and cargo metadata disagree about {missing}"
    edges = {node["id"]: [d["pkg"] for d in node["deps"] if any(k["kind"] != "dev" for k in d["dep_kinds"])]
             for node in packages["resolve"]["nodes"]}
    return crates, edges, next(p["id"] for p in packages["packages"] if p["name"] == program and not p["source"])


def vendored(crates):
    """The C library inside a crate: (version, its folder, the crate); nothing in a program without it."""
    package = next((p for (name, _), p in crates.items() if name == DBUS["crate"]), None)
    if not package:
        return None, None, None
    folder = pathlib.Path(package["manifest_path"]).parent
    version = re.search(DBUS["version"], (folder / DBUS["file"]).read_text())
    assert version, f"{DBUS['crate']} tells its version of libdbus in another way now: look, and mend bill.py"
    return version[1], folder / "vendor" / "dbus", package


def purl(package):
    return f"pkg:cargo/{package['name']}@{package['version'].replace('+', '%2B')}"


def component(package):
    found = {"type": "library", "bom-ref": purl(package), "name": package["name"], "version": package["version"],
             "purl": purl(package), "scope": "required" if package["shipped"] else "excluded"}
    if package["sha256"]:
        found["hashes"] = [{"alg": "SHA-256", "content": package["sha256"]}]
    if package["license"]:
        # Old crates write a slash for OR, which SPDX does not support.
        found["licenses"] = [{"expression": package["license"].replace("/", " OR ").replace("  ", " ")}]
    if package["repository"]:
        found["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return found


def sbom(target, program):
    crates, edges, root = ours_and_theirs(target, program)
    by_id = {package["id"]: package for package in crates.values()}
    main = by_id.pop(root)
    components = [component(p) for p in sorted(by_id.values(), key=purl)]
    dbus, _, carrier = vendored(crates)
    library = {"type": "library", "bom-ref": f"pkg:generic/dbus@{dbus}", "name": "dbus", "version": dbus, "scope": "required",
               "purl": f"pkg:generic/dbus@{dbus}", "description": f"libdbus, C, vendored in {DBUS['crate']}",
               "licenses": [{"expression": "AFL-2.1 OR GPL-2.0-or-later"}],
               "cpe": f"cpe:2.3:a:freedesktop:dbus:{dbus}:*:*:*:*:*:*:*"}
    dependencies = []
    for package in [main, *sorted(by_id.values(), key=purl)]:
        needs = sorted({purl(by_id[i]) for i in edges[package["id"]] if i in by_id})
        if package is carrier:
            needs.append(library["bom-ref"])
        dependencies.append({"ref": purl(package), "dependsOn": needs})
    if carrier:
        components.append(library)
        dependencies.append({"ref": library["bom-ref"], "dependsOn": []})
    when = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    lock = hashlib.sha256(pathlib.Path("Cargo.lock").read_bytes()).hexdigest()
    bill = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{purl(main)} {target} {lock}')}",
        "metadata": {"timestamp": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
                     "component": component(main) | {"type": "application"},
                     "properties": [{"name": "cdx:rust:target", "value": target}]},
        "components": components, "dependencies": dependencies,
    }
    print(json.dumps(bill, indent=1, ensure_ascii=False))


def notices(target, program):
    crates, _, root = ours_and_theirs(target, program)
    dbus, folder, _ = vendored(crates)
    shipped = sorted((p for p in crates.values() if p["shipped"] and p["id"] != root), key=purl)
    texts, bare = {}, []
    for package in shipped:
        name = f"{package['name']} {package['version']} ({package['license']})"
        found = texts_of(pathlib.Path(package["manifest_path"]).parent)
        if not found:
            bare.append(f"{name} {package['repository'] or ''}".rstrip())
        for text in found.values():
            texts.setdefault(text, []).append(name)
    name = f"libdbus {dbus} (AFL-2.1 OR GPL-2.0-or-later), used under AFL-2.1"
    for text in texts_of(folder).values() if folder else []:
        texts.setdefault(text, []).append(name)
    print(f"{program} is made of the following, besides its own sources. Each text is given once, under all that it is for.\n")
    print("The C library is musl, https://musl.libc.org: Copyright © 2005-2020 Rich Felker, et al., MIT.")
    print("The standard library is Rust's, https://www.rust-lang.org: MIT OR Apache-2.0.\n")
    if bare:
        print("These come without a text of their own, under the licences named here:\n")
        print("".join(f"  {line}\n" for line in bare))
    for text, names in sorted(texts.items(), key=lambda pair: pair[1]):
        print("-" * 80 + "\n" + "".join(f"{name}\n" for name in names) + "\n" + text + "\n")


if __name__ == "__main__":
    target, what, *program = sys.argv[1:]
    {"sbom": sbom, "notices": notices}[what](target, *program or ["jit"])
