"""The same with aiohttp, 32 requests at once. Runs as `python gather.py LIST RESULTS CA`."""

import asyncio
import ssl
import sys
from pathlib import Path

import aiohttp


async def main() -> None:
    urls = Path(sys.argv[1]).read_text().split()
    tls = ssl.create_default_context(cafile=sys.argv[3])
    limit = asyncio.Semaphore(32)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=tls), timeout=aiohttp.ClientTimeout(total=10)
    ) as session:

        async def is_broken(url: str) -> bool:
            async with limit:
                try:
                    async with session.get(url) as response:
                        await response.read()
                        return response.status >= 400
                except (aiohttp.ClientError, TimeoutError):
                    return True

        verdicts = await asyncio.gather(*map(is_broken, urls))
    Path(sys.argv[2]).write_text("\n".join(url for url, bad in zip(urls, verdicts, strict=True) if bad))


asyncio.run(main())
