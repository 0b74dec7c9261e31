// A button that shows the map on the full screen, where the browser supports it.
import { labelButton, mapButton } from "./base_map.js";

export function fullscreenButton(map, frame) {
  if (!document.fullscreenEnabled) return;
  const button = mapButton(map, "M2 7V2h5M13 2h5v5M18 13v5h-5M7 18H2v-5", "Full screen", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else frame.requestFullscreen();
  });
  frame.addEventListener("fullscreenchange", () => {
    labelButton(button, document.fullscreenElement ? "Leave full screen" : "Full screen");
    map.invalidateSize();
  });
}
