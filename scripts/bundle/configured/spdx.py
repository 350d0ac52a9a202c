# SPDX-License-Identifier: Apache-2.0
"""SPDX 2.3 documents in JSON, and what is wrong with one (SPDX 2.3: clauses 6, 7, 10, 11)."""

import re

VERSION = "SPDX-2.3"
RELATIONS = ("DESCRIBES", "CONTAINS", "GENERATED_FROM", "STATIC_LINK")  # of clause 11.1, those in use here
LICENCE_REFS = {
    "LicenseRef-Of-The-User": "The user who put it into the configuration states its licence.",
    "LicenseRef-Public-Domain": "Placed in the public domain by its authors; Debian's copyright file of the package has their words."}
_ID = re.compile(r"SPDXRef-[A-Za-z0-9.-]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_CHECKSUM = {"SHA256": 64, "SHA1": 40}
_TERM = r"[A-Za-z0-9.+-]+(?: WITH [A-Za-z0-9.+-]+)?"
_TERMS = rf"{_TERM}(?: (?:AND|OR) {_TERM})*"
_EXPRESSION = re.compile(rf"(?:{_TERM}|\({_TERMS}\))(?: (?:AND|OR) (?:{_TERM}|\({_TERMS}\)))*")  # annex D; brackets in brackets aren't in use here


def identifier(name):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", name)


def all_of(licences):
    """One expression of all of these, sorted, each once. AND binds more than OR, and WITH more than both (annex D.4)."""
    licences = set(licences)
    if "NOASSERTION" in licences:
        return "NOASSERTION"
    if len(licences) == 1:
        return licences.pop()
    terms = {term for licence in licences for term in ([f"({licence})"] if " OR " in licence else licence.split(" AND "))}
    return " AND ".join(sorted(terms, key=lambda term: term.lstrip("(")))


class Graph:
    """Packages, and what they contain, were made from and are linked with. A document tells of what one of them reaches."""

    def __init__(self):
        self.packages, self.relations = {}, []

    def add(self, name, version, licence, sha256=None, purl=None, purpose=None, comment=None):
        """Returns its ID; what is there already, stays. licence: of itself, without what it contains."""
        key = identifier(f"{name}-{version}" if version else name)
        if key in self.packages:
            return key
        package = {"name": name, "SPDXID": key, "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
                   "licenseConcluded": licence or "NOASSERTION", "licenseDeclared": licence or "NOASSERTION", "copyrightText": "NOASSERTION"}
        package |= {"versionInfo": version} if version else {}
        package |= {"checksums": [{"algorithm": "SHA256", "checksumValue": sha256}]} if sha256 else {}
        package |= {"externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}]} if purl else {}
        package |= {"primaryPackagePurpose": purpose} if purpose else {}
        package |= {"comment": comment} if comment else {}
        self.packages[key] = package
        return key

    def relate(self, one, relation, other):
        if (one, relation, other) not in self.relations:
            self.relations.append((one, relation, other))

    def reached(self, root):
        seen, left = {root: True}, [root]
        while left:
            at = left.pop()
            for one, _, other in self.relations:
                if one == at and other not in seen:
                    seen[other] = True
                    left.append(other)
        return list(seen)

    def stated(self, key):
        """A package as a document has it. Concluded is what binds whoever ships it: its own licence and those of all that it reaches.
        For what contains others nobody declares one."""
        package = self.packages[key]
        collection = any(one == key and relation == "CONTAINS" for one, relation, _ in self.relations)
        concluded = all_of(self.packages[part]["licenseDeclared"] for part in self.reached(key))
        return package | {"licenseConcluded": concluded} | ({"licenseDeclared": "NOASSERTION"} if collection else {})

    def document(self, root, created, creators):
        """Of one package with all that it reaches. created: UTC, as 2026-01-01T00:00:00Z."""
        ids = self.reached(root)
        packages = [self.stated(key) for key in ids]
        used = " ".join(package["licenseConcluded"] for package in packages)
        checksum = self.packages[root].get("checksums", [{"checksumValue": created}])[0]["checksumValue"]
        document = {
            "spdxVersion": VERSION, "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": self.packages[root]["name"],
            "documentNamespace": f"https://spdx.org/spdxdocs/bulkhead-{root.removeprefix('SPDXRef-')}-{checksum}",
            "creationInfo": {"created": created, "creators": creators},
            "packages": packages,
            "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": root}]
            + [{"spdxElementId": one, "relationshipType": relation, "relatedSpdxElement": other}
               for one, relation, other in self.relations if one in ids and other in ids],
        }
        infos = [{"licenseId": name, "extractedText": text} for name, text in LICENCE_REFS.items() if name in used]
        return document | ({"hasExtractedLicensingInfos": infos} if infos else {})


def problems(document):
    """What SPDX 2.3 requires and a document lacks, and packages whose licence nobody knows; empty: it is good."""
    found = []

    def must(good, text):
        if not good:
            found.append(text)

    must(document.get("spdxVersion") == VERSION, "spdxVersion (6.1)")
    must(document.get("dataLicense") == "CC0-1.0", "dataLicense (6.2)")
    must(document.get("SPDXID") == "SPDXRef-DOCUMENT", "SPDXID (6.3)")
    must(document.get("name"), "name (6.4)")
    must(re.fullmatch(r"https?://[^#\s]+", document.get("documentNamespace", "")), "documentNamespace (6.5)")
    creation = document.get("creationInfo", {})
    must(creation.get("creators") and all(re.match(r"(Tool|Organization|Person): .", who) for who in creation["creators"]), "creators (6.8)")
    must(_DATE.fullmatch(creation.get("created", "")), "created (6.9)")
    extracted = {info.get("licenseId"): info.get("extractedText") for info in document.get("hasExtractedLicensingInfos", [])}
    ids = {"SPDXRef-DOCUMENT"}
    for package in document.get("packages", []):
        name = package.get("name")
        must(name, "a package without a name (7.1)")
        must(_ID.fullmatch(package.get("SPDXID", "")) and package["SPDXID"] not in ids, f"{name}: SPDXID (7.2)")
        ids.add(package.get("SPDXID"))
        must(package.get("downloadLocation"), f"{name}: downloadLocation (7.7)")
        must(package.get("filesAnalyzed") is False, f"{name}: filesAnalyzed (7.8) without a verification code (7.9)")
        for checksum in package.get("checksums", []):
            size = _CHECKSUM.get(checksum.get("algorithm"))
            must(size and re.fullmatch(rf"[0-9a-f]{{{size}}}", checksum.get("checksumValue", "")), f"{name}: checksum (7.10)")
        licence = package.get("licenseConcluded")
        must(licence and licence != "NOASSERTION" and _EXPRESSION.fullmatch(licence), f"{name}: no licence (7.13)")
        must(all(extracted.get(ref) for ref in re.findall(r"LicenseRef-[A-Za-z0-9.-]+", licence or "")), f"{name}: its licence's text (10.2)")
    described = [row for row in document.get("relationships", []) if row.get("relationshipType") == "DESCRIBES"]
    must(described, "what the document describes (11.1)")
    for row in document.get("relationships", []):
        must(row.get("relationshipType") in RELATIONS, f"relationship {row.get('relationshipType')} (11.1)")
        must({row.get("spdxElementId"), row.get("relatedSpdxElement")} <= ids, f"a relationship of what isn't there: {row}")
    return found
