// What a short-lived tool pays before it has its tokens: a fresh process imports a library and loads a cache, or only
// ends (`bare`). Plain JavaScript on its own, so that nothing else is loaded with it.
//   cold.mjs <bare | module to import> <cache>
const [what, cache] = process.argv.slice(2);
if (what !== "bare") {
  const { FilePersistence, PersistenceCachePlugin } = await import(what);
  const plugin = new PersistenceCachePlugin(await FilePersistence.create(cache));
  let loaded = "";
  const tokenCache = {
    serialize: () => loaded,
    deserialize(text) {
      loaded = text;
    },
  };
  const access = { cacheHasChanged: false, tokenCache };
  await plugin.beforeCacheAccess(access);
  await plugin.afterCacheAccess(access);
  if (!loaded.includes("AccessToken")) throw new Error("nothing was loaded");
}
