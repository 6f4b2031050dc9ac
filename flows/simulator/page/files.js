// A file that the person chose on this machine, as the simulator takes it.

const MOST_BYTES = 11 * 1024 * 1024; // in base64 it must fit into one request

/** Name, type and bytes in base64. Throws an Error with a sentence for the person at the page. */
export async function contentOf(file) {
  if (file.size > MOST_BYTES) throw new Error("This phone sends files of at most 11 MB. Choose a smaller one.");
  const address = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(new Error("The file could not be read. Choose it again.")));
    reader.readAsDataURL(file);
  });
  return { name: file.name, mime_type: file.type || "application/octet-stream", content: address.slice(address.indexOf(",") + 1) };
}
