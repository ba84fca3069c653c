/** One attribute of a contact, edited in place: saved when one leaves the field. */
import { Anchor, NumberInput, Select, Switch, TextInput } from '@mantine/core';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AttributeDefinition, AttributeValue } from '../../api/types';

interface Props {
  definition: Pick<AttributeDefinition, 'name' | 'type' | 'options'>;
  value: AttributeValue | undefined;
  disabled: boolean;
  /** `null` clears it. */
  onSave: (value: AttributeValue | null) => void;
}

function shown(value: AttributeValue | undefined): string {
  return Array.isArray(value) ? value.join(', ') : value === undefined ? '' : String(value);
}

export function AttributeField(props: Props) {
  const { definition, value, disabled, onSave } = props;
  switch (definition.type) {
    case 'boolean':
      return (
        <Switch
          label={definition.name}
          checked={value === true}
          disabled={disabled}
          onChange={(event) => onSave(event.currentTarget.checked)}
        />
      );
    case 'list':
      return (
        <Select
          size="xs"
          label={definition.name}
          data={definition.options}
          value={shown(value) || null}
          disabled={disabled}
          clearable
          onChange={(chosen) => onSave(chosen)}
        />
      );
    default:
      return <TypedField {...props} />;
  }
}

function TypedField({ definition, value, disabled, onSave }: Props) {
  const { t } = useTranslation();
  const current = shown(value);
  const [text, setText] = useState(current);
  useEffect(() => setText(current), [current]);
  const number = definition.type === 'number';

  function save() {
    const wanted = text.trim();
    if (wanted === current) return;
    if (wanted === '') onSave(null);
    else onSave(number ? Number(wanted) : wanted);
  }

  const common = {
    size: 'xs',
    label: definition.name,
    disabled,
    placeholder: t('settings.form.notSet'),
    onBlur: save,
    onKeyDown: (event: KeyboardEvent<HTMLInputElement>) => {
      if (event.key === 'Enter') event.currentTarget.blur();
      if (event.key === 'Escape') setText(current);
    },
  };
  if (number) return <NumberInput {...common} value={text} onChange={(next) => setText(String(next))} />;
  const isLink = definition.type === 'url' && /^https?:\/\//i.test(current);
  return (
    <TextInput
      {...common}
      type={definition.type === 'date' ? 'date' : 'text'}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      {...(isLink
        ? {
            description: (
              <Anchor href={current} target="_blank" rel="noopener noreferrer" size="xs">
                {current}
              </Anchor>
            ),
          }
        : {})}
    />
  );
}
