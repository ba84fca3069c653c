/** Single-key shortcuts: one listener, handlers by key, a switch to turn them off (WCAG 2.1.4). */
import { Kbd, Modal, Stack, Switch, Table } from '@mantine/core';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStored } from '../lib/stored';

export type ShortcutKey = 'j' | 'k' | 'r' | 'n' | 'e' | 'p' | 'a';
type Handlers = Partial<Record<ShortcutKey, () => void>>;

interface Shortcuts {
  register: (handlers: () => Handlers) => () => void;
  help: () => void;
}

const ShortcutContext = createContext<Shortcuts>({ register: () => () => {}, help: () => {} });

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Something lies over the page that keys belong to; closed lists may stay in it, hidden. */
function isBusy(): boolean {
  const over = document.querySelectorAll('[role="dialog"], [role="menu"], [role="listbox"]');
  return [...over].some((element) => element.checkVisibility());
}

export function ShortcutProvider({ children }: { children: ReactNode }) {
  const registered = useRef(new Set<() => Handlers>());
  const [enabled, setEnabled] = useStored('switchboard.shortcuts', true);
  const [help, setHelp] = useState(false);

  const shortcuts = useMemo<Shortcuts>(
    () => ({
      register: (handlers) => {
        registered.current.add(handlers);
        return () => registered.current.delete(handlers);
      },
      help: () => setHelp(true),
    }),
    [],
  );

  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (!enabled || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isTyping(event.target) || isBusy()) return;
      if (event.key === '?') {
        setHelp(true);
        return;
      }
      for (const handlers of registered.current) {
        const handler = handlers()[event.key as ShortcutKey];
        if (handler) {
          event.preventDefault();
          handler();
          return;
        }
      }
    }
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [enabled]);

  return (
    <ShortcutContext value={shortcuts}>
      {children}
      <ShortcutHelp opened={help} onClose={() => setHelp(false)} enabled={enabled} setEnabled={setEnabled} />
    </ShortcutContext>
  );
}

/** Handlers stay registered while the component is shown; the newest closures are used. */
export function useShortcuts(handlers: Handlers): void {
  const { register } = useContext(ShortcutContext);
  const latest = useRef(handlers);
  latest.current = handlers;
  useEffect(() => register(() => latest.current), [register]);
}

export function useShortcutHelp(): () => void {
  return useContext(ShortcutContext).help;
}

const LIST: readonly [
  string,
  'next' | 'previous' | 'reply' | 'note' | 'resolve' | 'pending' | 'assign' | 'help' | 'send',
][] = [
  ['j', 'next'],
  ['k', 'previous'],
  ['r', 'reply'],
  ['n', 'note'],
  ['e', 'resolve'],
  ['p', 'pending'],
  ['a', 'assign'],
  ['?', 'help'],
  ['Ctrl + Enter', 'send'],
];

interface HelpProps {
  opened: boolean;
  onClose: () => void;
  enabled: boolean;
  setEnabled: (enabled: boolean) => void;
}

function ShortcutHelp({ opened, onClose, enabled, setEnabled }: HelpProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('keys.title')}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Stack>
        <Table verticalSpacing={6}>
          <Table.Tbody>
            {LIST.map(([key, text]) => (
              <Table.Tr key={key}>
                <Table.Td w={130}>
                  <Kbd>{key}</Kbd>
                </Table.Td>
                <Table.Td>{t(`keys.${text}`)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <Switch
          label={t('keys.enabled')}
          checked={enabled}
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
      </Stack>
    </Modal>
  );
}
