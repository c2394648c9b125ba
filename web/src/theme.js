// Runs before the page is painted (a classic script, not a module), so that a chosen theme never flashes the other one.
// "light" and "dark" are choices; anything else follows the system.
(function () {
  try {
    const chosen = localStorage.getItem("hookrail.theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage may be forbidden; the system's theme is then used.
  }
})();
