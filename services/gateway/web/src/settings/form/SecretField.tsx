/** A secret: written, never read; one that is set can be replaced or kept. */
import { Button, Group, PasswordInput, Text } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useForm } from './context';
import { type FieldProps, useCommon } from './FieldView';
import type { Shape } from './schema';

export function SecretField(props: FieldProps<Extract<Shape, { kind: 'text' }>>) {
  const { t } = useTranslation();
  const common = useCommon(props);
  const { secrets } = useForm();
  const isSet = props.paths.some((path) => secrets.includes(path));
  const [replacing, setReplacing] = useState(false);

  if (isSet && !replacing)
    return (
      <div>
        <Text size="sm" fw={500}>
          {common.label}
        </Text>
        <Group gap="xs" mt={2}>
          <IconKey size={16} aria-hidden />
          <Text size="sm" c="dimmed">
            {t('settings.form.secretSet')}
          </Text>
          <Button
            size="compact-xs"
            variant="default"
            aria-label={`${t('settings.form.replace')}: ${common.label}`}
            onClick={() => setReplacing(true)}
          >
            {t('settings.form.replace')}
          </Button>
        </Group>
      </div>
    );
  return (
    <Group align="flex-end" gap="xs">
      <PasswordInput
        {...common}
        flex={1}
        maw={560}
        autoComplete="off"
        visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
        description={isSet ? undefined : t('settings.form.secretUnset')}
        value={typeof props.value === 'string' ? props.value : ''}
        onChange={(event) => props.onChange(event.currentTarget.value || null)}
      />
      {isSet && (
        <Button
          variant="default"
          onClick={() => {
            props.onChange(null);
            setReplacing(false);
          }}
        >
          {t('settings.form.keep')}
        </Button>
      )}
    </Group>
  );
}
