"""`python -m manual`: make the made parts of docs/ anew, in place."""

from manual.pages import DOCS, made

for page in sorted(DOCS.glob("*.md")):
    before = page.read_text(encoding="utf-8")
    after = made(before)
    if after != before:
        page.write_text(after, encoding="utf-8")
        print(f"{page.name} is made anew")
