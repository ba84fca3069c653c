/** The look: system fonts, one accent, contrast chosen by the colour behind the text. */
import { Button, createTheme, Menu, Modal, Select, Tooltip } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: 7,
  autoContrast: true,
  luminanceThreshold: 0.32,
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontWeight: '650' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 350, withArrow: true, events: { hover: true, focus: true, touch: false } },
    }),
    // Its placeholder for the first focus is a child that a menu may not have.
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.45, blur: 2 },
        // Its <header> is not a second banner of the page.
        attributes: { header: { role: 'none' } },
      },
    }),
    Select: Select.extend({ defaultProps: { checkIconPosition: 'right' } }),
    Button: Button.extend({ defaultProps: { loaderProps: { type: 'dots' } } }),
  },
});
