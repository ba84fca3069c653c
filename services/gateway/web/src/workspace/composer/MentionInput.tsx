/** A text area in which @ offers colleagues; arrow keys choose, Enter inserts, Escape closes. */
import { Paper, Text, Textarea } from '@mantine/core';
import { type KeyboardEvent, type RefObject, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '../../api/types';
import { Presence } from '../../frame/Presence';
import classes from './mentions.module.css';

interface Props {
  value: string;
  onChange: (text: string) => void;
  onMention: (agent: Agent, text: string) => void;
  /** Empty: no mentions here. */
  people: readonly Agent[];
  label: string;
  placeholder: string;
  disabled: boolean;
  input: RefObject<HTMLTextAreaElement | null>;
  className: string;
  onSubmit: () => void;
  /** Files that were pasted; null: they stay where they are. */
  onFiles: ((files: File[]) => void) | null;
}

const MOST = 6;

/** The name begun before the cursor: "Hello @Mar|" gives "Mar" and where its @ stands. */
export function mentionAt(text: string, cursor: number): { from: number; begun: string } | null {
  const found = /(?:^|\s)@([\p{L}\p{M}'’.-]*(?: [\p{L}\p{M}'’.-]*)?)$/u.exec(text.slice(0, cursor));
  return found ? { from: cursor - (found[1] ?? '').length - 1, begun: found[1] ?? '' } : null;
}

export function MentionInput(props: Props) {
  const { value, onChange, onMention, people, label, placeholder, disabled, input, className, onSubmit } =
    props;
  const { t } = useTranslation();
  const list = useId();
  const [cursor, setCursor] = useState(0);
  const [chosen, setChosen] = useState(0);
  const [dismissed, setDismissed] = useState(-1);
  const caret = useRef<number | null>(null);
  const at = people.length ? mentionAt(value, cursor) : null;
  const offered = useMemo(() => {
    if (!at) return [];
    const begun = at.begun.toLocaleLowerCase();
    return people.filter((one) => one.name.toLocaleLowerCase().includes(begun)).slice(0, MOST);
  }, [at, people]);
  const open = at !== null && at.from !== dismissed && offered.length > 0;
  const active = Math.min(chosen, offered.length - 1);

  function insert(agent: Agent) {
    if (!at) return;
    const before = `${value.slice(0, at.from)}@${agent.name} `;
    onMention(agent, before + value.slice(cursor));
    setCursor(before.length);
    caret.current = before.length;
  }

  // Before the next key: who types on at once must not find the cursor moved under his hands.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `value` is what the caret waits for
  useLayoutEffect(() => {
    if (caret.current === null) return;
    input.current?.focus();
    input.current?.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  }, [value]);

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      onSubmit();
      return;
    }
    if (!open) {
      // Back to where single keys are shortcuts.
      if (event.key === 'Escape') input.current?.blur();
      return;
    }
    if (event.key === 'ArrowDown') setChosen((active + 1) % offered.length);
    else if (event.key === 'ArrowUp') setChosen((active + offered.length - 1) % offered.length);
    else if (event.key === 'Escape') setDismissed(at.from);
    else if (event.key === 'Enter' || event.key === 'Tab') {
      const agent = offered[active];
      if (agent) insert(agent);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div className={classes.mentions}>
      {open && (
        <Paper
          id={list}
          className={classes.list ?? ''}
          shadow="md"
          withBorder
          role="listbox"
          aria-label={t('composer.mentions')}
        >
          {offered.map((agent, index) => (
            // Keys go to the text area, which names the chosen option; the mouse may choose too.
            // biome-ignore lint/a11y/useKeyWithClickEvents: see above
            // biome-ignore lint/a11y/useFocusableInteractive: see above
            <div
              key={agent.id}
              id={`${list}-${agent.id}`}
              role="option"
              aria-selected={index === active}
              className={classes.option}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => insert(agent)}
            >
              <Presence state={agent.availability} label="" />
              <Text size="sm" truncate component="span">
                {agent.name}
              </Text>
            </div>
          ))}
        </Paper>
      )}
      <Textarea
        ref={input}
        className={className}
        autosize
        minRows={2}
        maxRows={10}
        maxLength={10_000}
        aria-label={label}
        placeholder={placeholder}
        readOnly={disabled}
        value={value}
        {...(people.length
          ? {
              'aria-autocomplete': 'list' as const,
              'aria-controls': open ? list : undefined,
              'aria-activedescendant': open ? `${list}-${offered[active]?.id}` : undefined,
            }
          : {})}
        onChange={(event) => {
          onChange(event.currentTarget.value);
          setCursor(event.currentTarget.selectionStart);
          setChosen(0);
        }}
        onSelect={(event) => setCursor(event.currentTarget.selectionStart)}
        onBlur={() => setDismissed(at?.from ?? -1)}
        onFocus={() => setDismissed(-1)}
        onKeyDown={onKeyDown}
        onPaste={(event) => {
          const files = [...event.clipboardData.files];
          if (!props.onFiles || files.length === 0) return;
          event.preventDefault();
          props.onFiles(files);
        }}
      />
    </div>
  );
}
