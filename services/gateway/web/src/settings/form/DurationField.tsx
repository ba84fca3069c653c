/** A duration kept in seconds, shown in the largest unit that fits. */
import { Group, Input, NumberInput, Select } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldProps, useCommon } from './FieldView';
import type { Shape } from './schema';

const UNITS = { s: 1, min: 60, h: 3600, d: 86_400 } as const;
type Unit = keyof typeof UNITS;

export function fittingUnit(seconds: number | null): Unit {
  if (seconds === null || seconds === 0) return 'h';
  return (['d', 'h', 'min'] as const).find((unit) => seconds % UNITS[unit] === 0) ?? 's';
}

export function DurationField(props: FieldProps<Extract<Shape, { kind: 'number' }>>) {
  const { t } = useTranslation();
  const { label, description, error, required } = useCommon(props);
  const seconds = typeof props.value === 'number' ? props.value : null;
  const [unit, setUnit] = useState<Unit>(() => fittingUnit(seconds));
  const names = {
    s: t('settings.form.unitSeconds'),
    min: t('settings.form.unitMinutes'),
    h: t('settings.form.unitHours'),
    d: t('settings.form.unitDays'),
  };
  return (
    <Input.Wrapper
      label={label}
      description={description}
      error={error}
      required={required}
      labelElement="div"
    >
      <Group gap={6} mt={4}>
        <NumberInput
          w={130}
          min={0}
          aria-label={label}
          placeholder={t('settings.form.off')}
          value={seconds === null ? '' : seconds / UNITS[unit]}
          onChange={(next) =>
            props.onChange(typeof next === 'number' && next > 0 ? Math.round(next * UNITS[unit]) : null)
          }
        />
        <Select
          w={130}
          aria-label={`${label}: ${t('settings.form.unit')}`}
          allowDeselect={false}
          data={Object.entries(names).map(([value, name]) => ({ value, label: name }))}
          value={unit}
          onChange={(next) => {
            const to = (next ?? 'h') as Unit;
            if (seconds !== null) props.onChange(Math.round((seconds / UNITS[unit]) * UNITS[to]));
            setUnit(to);
          }}
        />
      </Group>
    </Input.Wrapper>
  );
}
