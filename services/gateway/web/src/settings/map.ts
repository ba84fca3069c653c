/** The settings map (UI-01): which kinds stand in which group. Only kinds that the gateway has are shown. */

export const GROUPS = [
  { name: 'channels', kinds: ['channels', 'schedules'] },
  { name: 'people', kinds: ['users', 'teams'] },
  { name: 'workspace', kinds: ['away-states', 'contact-attributes', 'resolve-reasons', 'labels', 'macros'] },
  {
    name: 'routing',
    kinds: ['language-detection', 'topics', 'rules', 'automation', 'webhooks', 'priority', 'skill-sets'],
  },
  { name: 'queue', kinds: ['workflow', 'policies'] },
  { name: 'virtual', kinds: ['auto-responders', 'virtual-agents', 'surveys'] },
  { name: 'vocabulary', kinds: ['distributions'] },
  { name: 'privacy', kinds: ['muting', 'thread-blocks', 'sign-in', 'keys', 'admin-log'] },
] as const;

export type Kind = (typeof GROUPS)[number]['kinds'][number];

/** Pages that are not settings objects. */
export const PAGES: readonly Kind[] = ['muting', 'keys', 'admin-log'];

export function isKind(kind: string): kind is Kind {
  return GROUPS.some((group) => (group.kinds as readonly string[]).includes(kind));
}
