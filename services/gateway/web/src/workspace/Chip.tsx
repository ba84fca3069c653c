/** A coloured name: topic or label, with an optional cross to take it off. */
import { CloseButton } from '@mantine/core';
import classes from './chip.module.css';

interface Props {
  name: string;
  colour: string;
  onRemove?: (() => void) | undefined;
  removeLabel?: string;
}

export function Chip({ name, colour, onRemove, removeLabel }: Props) {
  return (
    <span className={classes.chip} title={name}>
      <span className={classes.dot} style={{ background: colour }} aria-hidden />
      <span className={classes.name}>{name}</span>
      {onRemove && (
        <CloseButton size={18} iconSize={12} aria-label={removeLabel ?? name} onClick={onRemove} />
      )}
    </span>
  );
}
