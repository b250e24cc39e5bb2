// What a recording can leave the house as, in words: pure.
import type { ExportFormat, RecordingDetail } from '../../api/types';

const all: readonly [format: ExportFormat, word: string, use: string][] = [
  ['cast', 'Terminal as text', 'A .cast file: what was shown, with its times, for asciinema and its kin.'],
  ['mp4', 'Film', 'An .mp4 file: the desktop, for any player. It can take minutes.'],
  ['bundle', 'Evidence', 'A .tar file: the sealed recording, its proof and its audit records. Others check it with anteroom-verify.'],
];
export const offered = (of: RecordingDetail) => all.filter(([format]) => of.exports.includes(format));

// Who can read what has left.
export const leaving = (format: ExportFormat): string =>
  `Whoever holds the file can read ${format === 'bundle' ? 'its report and audit records; the recording in it stays encrypted' : 'all of it: it is not encrypted any more'}. The export stands in the audit log, with your name.`;

// Why nothing is offered.
export function whyNone(of: RecordingDetail): string {
  if (of.state === 'live') return 'It can be exported when the session has ended.';
  if (of.state === 'gone') return 'It is gone: nothing is left to export.';
  if (of.consent.needed && !of.consent.given) return 'It can be exported when a second person has consented.';
  return (!of.may_open && of.why_not) || 'You can export nothing of this recording.';
}
