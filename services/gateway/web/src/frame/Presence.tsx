/** The dot of somebody's presence: green available, orange away, hollow grey offline (WF-13). */
import { useTranslation } from 'react-i18next';
import type { Availability as State } from '../api/types';
import classes from './frame.module.css';

export function Presence({ state, label }: { state: State; label?: string }) {
  const { t } = useTranslation();
  const look = `${classes.dot} ${classes[state]}`;
  // Beside a text that says the same it is decoration.
  if (label === '') return <span className={look} aria-hidden />;
  const said = label ?? t(`availability.${state}`);
  return <span className={look} role="img" aria-label={said} title={said} />;
}
