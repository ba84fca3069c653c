/** Whom a rule or macro assigns to: an agent, a virtual agent, or nobody. */
import { Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { record } from '../../api/wire';
import { useNamesOf } from '../data';
import { inside, useFieldError } from '../form/context';
import type { FieldProps } from '../form/FieldView';
import { useSchemaWords } from '../words';

const NOBODY = '(nobody)';

export function OwnerField({ field, value, onChange, paths }: FieldProps) {
  const { t } = useTranslation('admin');
  const { titled } = useSchemaWords();
  const error = useFieldError(inside(paths, '', 'id'));
  const people = useNamesOf('users');
  const scripted = useNamesOf('auto-responders');
  const connected = useNamesOf('virtual-agents');
  const agents = [...scripted, ...connected];
  const id = record(value).id;
  const chosen = typeof id === 'string' && id ? id : value === null ? NOBODY : null;
  const known = chosen === NOBODY || [...people, ...agents].some((one) => one.id === chosen);
  return (
    <Select
      label={titled(field.title)}
      maw={420}
      searchable
      allowDeselect={false}
      placeholder={t('rules.choose')}
      error={error}
      data={[
        { value: NOBODY, label: t('rules.nobody') },
        {
          group: t('rules.people'),
          items: people.map((one) => ({ value: one.id, label: one.name })),
        },
        {
          group: t('rules.virtualAgents'),
          items: agents.map((one) => ({ value: one.id, label: `${one.name} VA` })),
        },
        ...(chosen && !known ? [{ value: chosen, label: chosen.slice(0, 8) }] : []),
      ]}
      value={chosen}
      onChange={(next) => {
        if (next === null) return;
        const kind = agents.some((one) => one.id === next) ? 'virtual_agent' : 'agent';
        onChange(next === NOBODY ? null : { kind, id: next });
      }}
    />
  );
}
