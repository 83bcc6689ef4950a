// Returns every text whose contrast is below WCAG AA: 4.5, or 3 for large letters.
const parse = (text) => {
  const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number);
  return { colour: [red, green, blue], alpha };
};
const luminance = (colour) => {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const behind = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const { colour, alpha } = parse(getComputedStyle(each).backgroundColor);
    if (alpha === 1) return colour;
  }
  return [255, 255, 255];
};
const low = [];
for (const element of document.querySelectorAll("body *")) {
  const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  if (!hasText || !element.checkVisibility() || element.closest(".hidden, .skip, svg, option")) continue;
  const style = getComputedStyle(element);
  const [lighter, darker] = [parse(style.color).colour, behind(element)].map(luminance).sort((a, b) => b - a);
  const ratio = (lighter + 0.05) / (darker + 0.05);
  if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) {
    low.push(`${ratio.toFixed(2)} ${element.tagName}.${element.className}: ${element.textContent.trim().slice(0, 30)}`);
  }
}
return [...new Set(low)];
