/** A button that is busy is disabled, and what is disabled loses the focus: here it gets it back when it is done. */

export function keepFocus(): void {
  let last: HTMLButtonElement | null = null;
  const observer = new MutationObserver(() => {
    const lost = document.activeElement === null || document.activeElement === document.body;
    if (last?.isConnected && !last.disabled && lost) last.focus();
  });
  document.addEventListener('focusin', ({ target }) => {
    observer.disconnect();
    last = target instanceof HTMLButtonElement ? target : null;
    if (last) observer.observe(last, { attributes: true, attributeFilter: ['disabled'] });
  });
}
