/** What a policy's targets come to, in words, and a word where it promises nothing. */
import { Alert } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Value } from '../form/values';

export function PolicyDue({ value }: { value: Value }) {
  const { t } = useTranslation('admin');
  const minutes = (name: string) => (typeof value[name] === 'number' ? (value[name] as number) : null);
  const first = minutes('first_minutes');
  const next = minutes('next_minutes');
  const resolution = minutes('resolution_minutes');
  if (first === null && next === null && resolution === null)
    return <Alert color="yellow">{t('policy.nothing')}</Alert>;
  if (first !== null && next === null) return <Alert variant="light">{t('policy.onlyFirst')}</Alert>;
  return null;
}
