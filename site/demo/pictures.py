"""The demo's pictures: products, body regions and exercises, drawn by code.

`python -m demo.pictures` writes them to `content/pictures/`; the files are kept with the code, so that
a demo needs no drawing. `CAPTIONS` says which picture a caption line of an article stands for;
`PRODUCT_PICTURES` are the file names that `content/products.csv` uses.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from demo.artwork import body, exercises, products
from demo.artwork.drawing import Canvas

FOLDER = Path(__file__).parent / "content" / "pictures"
MOST_BYTES = 25 * 1024
PALETTES = (128, 96, 80, 64, 52, 44, 36)  # how many colours to try, richest first


class Caption(NamedTuple):
    """What stands for a caption line."""

    file: str
    alt: str


CAPTIONS: dict[str, Caption] = {
    "The three hamstring muscles": Caption("hamstrings.png", "Legs from behind, with three muscles drawn from the sitting bone to below the right knee"),
    "Bridge exercise with both feet on the floor": Caption("bridge.png", "A person on their back with bent knees lifts the hips until shoulders, hips and knees are in line"),
    "A bulging disc pressing on a nerve root": Caption("bulging-disc.png", "The lower spine from the side; one disc bulges backwards and presses on a yellow nerve"),
    "The sacroiliac joints at the back of the pelvis": Caption("sacroiliac-joints.png", "The pelvis from behind with the two joints beside the sacrum marked in red"),
    "The piriformis muscle and the sciatic nerve": Caption("piriformis.png", "The pelvis from behind; a muscle runs from the sacrum to the hip and a yellow nerve passes beneath it"),
    "Bruising in the quadriceps muscle": Caption("bruise.png", "A bruised thigh from the front, and a slice through it with blood collected in the muscle above the bone"),
    "The quadriceps muscles at the front of the thigh": Caption("quadriceps.png", "Legs from the front, with the thigh muscles drawn down to the kneecap"),
    "Straight leg raise lying on your back": Caption("straight-leg-raise.png", "A person on their back with one knee bent lifts the other leg, held straight"),
    "The path of the sciatic nerve": Caption("sciatic-nerve.png", "Lower body from behind; a yellow nerve runs from the lower spine through the buttock and down the back of the leg"),
    "Knee hug stretch lying on your back": Caption("knee-hug.png", "A person on their back draws one bent knee towards the chest with both hands"),
    "A spinal disc seen from above": Caption("disc-from-above.png", "A disc with firm outer rings and a soft centre; behind it, nerves in the spinal canal"),
    "Muscles on either side of the spine": Caption("back-muscles.png", "A back from behind, with the spine and a long column of muscle on each side of it"),
    "Cat stretch on hands and knees": Caption("cat-stretch.png", "A person on hands and knees arches the back upwards"),
    "The kneecap gliding in its groove": Caption("kneecap.png", "A bent knee from the side; arrows show the kneecap moving up and down over the end of the thigh bone"),
    "The iliotibial band on the outside of the thigh": Caption("iliotibial-band.png", "A leg from its outer side; a long band runs from the hip to below the knee, with the sore place marked at the knee"),
    "Foam rolling the outer thigh": Caption("foam-rolling.png", "A person lying on one side, propped on a forearm, rolls the outer thigh over a foam roller"),
    "The two menisci seen from above": Caption("menisci.png", "Two crescents of cartilage on top of the shin bone, one of them with a tear"),
}  # fmt: skip

PRODUCT_PICTURES: dict[str, Callable[[], Canvas]] = {
    "thigh-sleeve.png": products.thigh_sleeve,
    "hinged-knee-brace.png": products.hinged_knee_brace,
    "patella-strap.png": products.patella_strap,
    "itb-strap.png": products.itb_strap,
    "foam-roller.png": products.foam_roller,
    "massage-ball.png": products.massage_ball,
    "resistance-bands.png": products.resistance_bands,
    "hot-cold-pack.png": products.hot_cold_pack,
    "lumbar-belt.png": products.lumbar_belt,
    "lumbar-cushion.png": products.lumbar_cushion,
    "thigh-supports.png": products.thigh_supports,
    "knee-supports.png": products.knee_supports,
}

PICTURES: dict[str, Callable[[], Canvas]] = {
    "hamstrings.png": body.hamstrings,
    "bridge.png": exercises.bridge,
    "bulging-disc.png": body.bulging_disc,
    "sacroiliac-joints.png": body.sacroiliac_joints,
    "piriformis.png": body.piriformis,
    "bruise.png": body.bruise,
    "quadriceps.png": body.quadriceps,
    "straight-leg-raise.png": exercises.straight_leg_raise,
    "sciatic-nerve.png": body.sciatic_nerve,
    "knee-hug.png": exercises.knee_hug,
    "disc-from-above.png": body.disc_from_above,
    "back-muscles.png": body.back_muscles,
    "cat-stretch.png": exercises.cat_stretch,
    "kneecap.png": body.kneecap,
    "iliotibial-band.png": body.iliotibial_band,
    "foam-rolling.png": exercises.foam_rolling,
    "menisci.png": body.menisci,
    **PRODUCT_PICTURES,
}


def optimised(canvas: Canvas) -> bytes:
    """A PNG with the richest palette that fits into `MOST_BYTES`, or else with the poorest."""
    for colours in PALETTES:
        file = BytesIO()
        canvas.finished(colours).save(file, "PNG", optimize=True)
        if file.tell() <= MOST_BYTES:
            break
    return file.getvalue()


def main() -> None:
    """Draw every picture into `FOLDER`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        png = optimised(draw())
        (FOLDER / name).write_bytes(png)
        print(f"{name}: {len(png) / 1024:.1f} KB")


if __name__ == "__main__":
    main()
