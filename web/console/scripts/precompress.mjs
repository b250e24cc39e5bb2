// A build step: writes FILE.br and FILE.gz beside each text file, so that the server never compresses. Pages with a nonce
// in them are left out, because the server changes them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const text = /\.(js|css|svg|webmanifest|json)$/;

/** @returns {import('vite').Plugin} */
export function precompress() {
  return {
    name: 'precompress',
    apply: 'build',
    writeBundle(options) {
      const out = options.dir ?? 'dist';
      for (const name of readdirSync(out, { recursive: true, encoding: 'utf8' })) {
        if (!text.test(name)) continue;
        const file = join(out, name);
        const bytes = readFileSync(file);
        writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
        writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}
