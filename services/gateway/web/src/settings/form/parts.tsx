/** Small parts that the editors of settings share: what is wrong, the order of things, taking one away. */
import { ActionIcon, Text } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

/** What the gateway said about a part of the form that has no input of its own; nothing where all is well. */
export function Wrong({ text }: { text: string | null | undefined }) {
  if (!text) return null;
  return (
    <Text size="sm" c="red" role="alert">
      {text}
    </Text>
  );
}

interface OrderProps {
  /** Of what is moved, for those who do not see where the arrows stand. */
  name: string;
  first: boolean;
  last: boolean;
  disabled?: boolean;
  onMove: (by: 1 | -1) => void;
}

/** One place up, one place down. */
export function OrderButtons({ name, first, last, disabled = false, onMove }: OrderProps) {
  const { t } = useTranslation();
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="gray"
        disabled={first || disabled}
        aria-label={`${t('settings.form.up')}: ${name}`}
        onClick={() => onMove(-1)}
      >
        <IconArrowUp size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        disabled={last || disabled}
        aria-label={`${t('settings.form.down')}: ${name}`}
        onClick={() => onMove(1)}
      >
        <IconArrowDown size={16} aria-hidden />
      </ActionIcon>
    </>
  );
}

interface RemoveProps {
  name: string;
  /** Instead of "Remove" and the name. */
  label?: string;
  disabled?: boolean;
  onRemove: () => void;
}

export function RemoveButton({ name, label, disabled = false, onRemove }: RemoveProps) {
  const { t } = useTranslation();
  return (
    <ActionIcon
      variant="subtle"
      color="red"
      disabled={disabled}
      aria-label={label ?? t('settings.form.removeItem', { title: name })}
      onClick={onRemove}
    >
      <IconTrash size={16} aria-hidden />
    </ActionIcon>
  );
}
