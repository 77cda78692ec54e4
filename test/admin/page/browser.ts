/**
 * A headless Chromium that looks at the operator's page as people do.
 *
 * Where there is none, tests that need it are skipped by name; in CI they fail. What the page writes to the console
 * is kept, because a violation of its content security policy is told there and nowhere else.
 */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, describe, onTestFinished } from 'vitest';

const EXECUTABLE = '/usr/bin/chromium';
const isInstalled = existsSync(EXECUTABLE);

export const describeBrowser = describe.skipIf(!isInstalled && process.env['CI'] === undefined);

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** A machine that others use too takes its time. */
const PATIENCE_MS = 15_000;

export interface Looked {
  /** Default: 1280. */
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  /** Put where the page keeps it, as if it had been typed in. */
  readonly token?: string;
  /** Default: only of authorities that it knows. */
  readonly acceptsAnyCertificate?: boolean;
}

export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Goes to a view, such as `routes/orders`. */
  readonly go: (view: string) => Promise<void>;
  /** What the console said: errors, and faults of the page. */
  readonly faults: readonly string[];
}

let browser: Promise<Browser> | undefined;

/** To be called once in each file: the browser ends with its tests. */
export function oneBrowser(): void {
  afterAll(async () => {
    await (await browser)?.close();
    browser = undefined;
  }, 30_000);
}

/** A tab with nothing in its memory, which ends with the test. */
export async function openTab(adminUrl: string, looked: Looked = {}): Promise<Tab> {
  browser ??= chromium.launch({ executablePath: EXECUTABLE, args: ARGS, timeout: 60_000 });
  const { width = 1_280, colorScheme = 'light', token, acceptsAnyCertificate = false } = looked;
  const context = await (
    await browser
  ).newContext({
    viewport: { width, height: 900 },
    colorScheme,
    reducedMotion: 'reduce',
    ignoreHTTPSErrors: acceptsAnyCertificate,
  });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults = faultsOf(page);
  if (token !== undefined) {
    await page.addInitScript(
      (given) => sessionStorage.setItem('portico-admin-token', given),
      token,
    );
  }
  const go = async (view: string): Promise<void> => {
    await page.goto(`${adminUrl}/#/${view}`);
    await page.getByText('Live', { exact: true }).waitFor();
  };
  return { page, context, go, faults };
}

function faultsOf(page: Page): readonly string[] {
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error.stack)));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return faults;
}
