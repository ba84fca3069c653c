/** A status button with a menu of return times beside it (WF-05, WF-06). */
import { Button, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowBackUp, IconChevronDown } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { BoomerangTime } from '../../api/types';
import { BoomerangDialog } from './BoomerangDialog';

interface Props {
  label: string;
  menuLabel: string;
  icon: ReactNode;
  filled?: boolean;
  loading: boolean;
  /** Without it only the menu is offered. */
  onPlain?: () => void;
  onBoomerang: (time: BoomerangTime) => void;
  more?: ReactNode;
}

export function BoomerangButton({
  label,
  menuLabel,
  icon,
  filled = false,
  loading,
  onPlain,
  onBoomerang,
  more,
}: Props) {
  const { t } = useTranslation();
  const [asking, { open, close }] = useDisclosure();
  const look = filled ? {} : { variant: 'default' };
  const presets = [
    { seconds: 15 * 60, label: t('conversation.minutes', { count: 15 }) },
    ...[1, 4, 24].map((count) => ({ seconds: count * 3600, label: t('conversation.hours', { count }) })),
  ];
  return (
    <>
      <Button.Group>
        {onPlain && (
          <Button size="xs" {...look} leftSection={icon} loading={loading} onClick={onPlain}>
            {label}
          </Button>
        )}
        <Menu position="bottom-end" shadow="md" width={220}>
          <Menu.Target>
            <Button
              size="xs"
              {...look}
              px={onPlain ? 6 : undefined}
              loading={loading && !onPlain}
              leftSection={onPlain ? undefined : icon}
              aria-label={menuLabel}
              style={
                onPlain && filled
                  ? { borderLeft: '1px solid color-mix(in srgb, currentcolor 35%, transparent)' }
                  : undefined
              }
            >
              {onPlain ? <IconChevronDown size={15} aria-hidden /> : label}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>{`${onPlain ? `${label} · ` : ''}${t('conversation.boomerangIn')}`}</Menu.Label>
            {presets.map(({ seconds, label: text }) => (
              <Menu.Item
                key={seconds}
                leftSection={<IconArrowBackUp size={15} aria-hidden />}
                onClick={() => onBoomerang({ after_seconds: seconds })}
              >
                {text}
              </Menu.Item>
            ))}
            <Menu.Item leftSection={<IconArrowBackUp size={15} aria-hidden />} onClick={open}>
              {t('conversation.custom')}
            </Menu.Item>
            {more}
          </Menu.Dropdown>
        </Menu>
      </Button.Group>
      <BoomerangDialog
        opened={asking}
        submit={label}
        onClose={close}
        onChoose={(time) => {
          close();
          onBoomerang(time);
        }}
      />
    </>
  );
}
