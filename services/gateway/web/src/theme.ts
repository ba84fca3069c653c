/** The look: system fonts, one accent, contrast chosen by the colour behind the text. */
import {
  Button,
  createTheme,
  defaultVariantColorsResolver,
  Menu,
  Modal,
  parseThemeColor,
  Select,
  Tooltip,
  type VariantColorsResolver,
} from '@mantine/core';

/** Coloured words on a light ground of the same colour are too pale as they come (WCAG 1.4.3). */
const readable: VariantColorsResolver = (input) => {
  const colours = defaultVariantColorsResolver(input);
  const { color, isThemeColor } = parseThemeColor({ color: input.color ?? 'gray', theme: input.theme });
  if (!isThemeColor || (input.variant !== 'light' && input.variant !== 'subtle')) return colours;
  const shade = (of: number) => `var(--mantine-color-${color}-${of})`;
  return { ...colours, color: `light-dark(color-mix(in srgb, ${shade(9)} 72%, black), ${shade(2)})` };
};

export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: 7,
  autoContrast: true,
  variantColorResolver: readable,
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
