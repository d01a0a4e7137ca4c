// Text that can be read on a colour the site has chosen.

/** "#fff" or "#111", whichever stands out more on `colour` (any CSS colour). */
export function textOn(colour) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  // Relative luminance, WCAG 2.2.
  const linear = [red, green, blue].map((c) => {
    const share = c / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return luminance > 0.179 ? "#111" : "#fff";
}
