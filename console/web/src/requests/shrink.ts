// A photo as it is sent: small enough for a telephone's network, upright, and without what the camera wrote into it (where it
// was taken, by which device).
const LONGEST_PX = 1600;
const QUALITY = 0.82;

export class Unreadable extends Error {}

/** How large a picture of this size becomes. */
export function fitted(width: number, height: number): [number, number] {
  const share = Math.min(1, LONGEST_PX / Math.max(width, height));
  return [Math.max(1, Math.round(width * share)), Math.max(1, Math.round(height * share))];
}

/** A JPEG of a picture. Throws `Unreadable` if the browser cannot read it. */
export async function shrunk(file: Blob): Promise<Blob> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new Unreadable();
  }
  const [width, height] = fitted(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) throw new Unreadable();
  context.fillStyle = "#ffffff"; // behind what is transparent
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0, width, height);
  picture.close();
  const made = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  if (!made) throw new Unreadable();
  return made;
}

/** For an `img`, since the page's policy lets it show no blob. */
export function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error ?? new Error("FileReader"));
    reader.readAsDataURL(blob);
  });
}
