/** The mark of the product. */
export function Logo({ size = 26 }: { size?: number }) {
  return <img src="/favicon.svg" alt="" width={size} height={size} style={{ display: 'block' }} />;
}
