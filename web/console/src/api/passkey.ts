// WebAuthn in the API's words. User verification is always required: a passkey stands for two factors here.
import { fromBase64url, toBase64url } from './bytes';
import type { Assertion, PasskeyCreation, PasskeyRequest } from './types';

export function passkeysWork(): boolean {
  return typeof PublicKeyCredential === 'function' && window.isSecureContext;
}

export async function offersAutofill(): Promise<boolean> {
  if (!passkeysWork()) return false;
  return (await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false;
}

// Null when the person turned it down, or nothing here holds a fitting passkey: the browser does not say which.
export async function usePasskey(
  request: PasskeyRequest,
  options: { signal?: AbortSignal; autofill?: boolean } = {},
): Promise<Assertion | null> {
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: fromBase64url(request.challenge),
    rpId: request.rp_id,
    timeout: request.timeout_ms,
    userVerification: 'required',
    allowCredentials: request.allow.map(({ id }) => ({ type: 'public-key', id: fromBase64url(id) })),
  };
  const ask: CredentialRequestOptions = { publicKey };
  if (options.signal) ask.signal = options.signal;
  if (options.autofill) ask.mediation = 'conditional';
  const credential = await refusedIsNull(navigator.credentials.get(ask));
  if (!(credential instanceof PublicKeyCredential)) return null;
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    id: toBase64url(credential.rawId),
    client_data: toBase64url(response.clientDataJSON),
    authenticator_data: toBase64url(response.authenticatorData),
    signature: toBase64url(response.signature),
    user_handle: response.userHandle ? toBase64url(response.userHandle) : null,
  };
}

export interface NewPasskey {
  nonce: string;
  name: string;
  client_data: string;
  attestation_object: string;
  transports: string[];
}

export async function makePasskey(creation: PasskeyCreation, name: string): Promise<NewPasskey | null> {
  const publicKey: PublicKeyCredentialCreationOptions = {
    challenge: fromBase64url(creation.challenge),
    rp: creation.rp,
    user: { id: fromBase64url(creation.user.id), name: creation.user.name, displayName: creation.user.display_name },
    pubKeyCredParams: creation.algorithms.map((alg) => ({ type: 'public-key', alg })),
    excludeCredentials: creation.exclude.map(({ id }) => ({ type: 'public-key', id: fromBase64url(id) })),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    attestation: 'none',
    timeout: creation.timeout_ms,
  };
  const credential = await refusedIsNull(navigator.credentials.create({ publicKey }));
  if (!(credential instanceof PublicKeyCredential)) return null;
  const response = credential.response as AuthenticatorAttestationResponse;
  return {
    nonce: creation.nonce,
    name,
    client_data: toBase64url(response.clientDataJSON),
    attestation_object: toBase64url(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  };
}

async function refusedIsNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'AbortError')) return null;
    throw error;
  }
}

// A name for a new passkey that its owner will know again.
export function deviceName(agent = navigator.userAgent): string {
  const system = /iPhone|iPad|Android|Windows|Mac OS X|CrOS|Linux/.exec(agent)?.[0] ?? 'device';
  const names: Record<string, string> = { 'Mac OS X': 'Mac', CrOS: 'Chromebook', Linux: 'Linux computer', Windows: 'Windows computer', Android: 'Android phone' };
  return `My ${names[system] ?? system}`;
}
