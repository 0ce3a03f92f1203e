"""Makes the sample queue's photos from the drawings beside this file (it needs the development dependencies).

Run it after changing a drawing, and commit the photos with it; the shop itself only reads photos.
"""

import io
from pathlib import Path

import resvg_py
from PIL import Image

HERE = Path(__file__).parent
WIDTH = 800  # pixels

for drawing in sorted(HERE.glob("*.svg")):
    png = resvg_py.svg_to_bytes(svg_string=drawing.read_text(), width=WIDTH)
    image = Image.open(io.BytesIO(bytes(png))).convert("RGB")
    image.save(HERE.parent / f"{drawing.stem}.webp", "WEBP", quality=92, method=6)
