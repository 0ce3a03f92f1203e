"""Makes the sample queue's photos, and their sizes, from the drawings beside this file (it needs the development
dependencies).

Run it after changing a drawing or how photos are made, and commit what it wrote; the shop itself only reads it.
"""

import io
from pathlib import Path

import resvg_py
from PIL import Image

from app.inventory.photos.keeping import make_photo

HERE = Path(__file__).parent
WIDTH = 800  # pixels

for drawing in sorted(HERE.glob("*.svg")):
    png = resvg_py.svg_to_bytes(svg_string=drawing.read_text(), width=WIDTH)
    image = Image.open(io.BytesIO(bytes(png))).convert("RGB")
    image.save(HERE.parent / f"{drawing.stem}.webp", "WEBP", quality=92, method=6)
    sizes = HERE.parent / "made" / drawing.stem
    sizes.mkdir(parents=True, exist_ok=True)
    for name, body in make_photo(bytes(png), "").files.items():
        (sizes / name).write_bytes(body)
