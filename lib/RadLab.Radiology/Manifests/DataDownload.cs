using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace RadLab.Radiology;

/// <summary>
/// One file over HTTP into <c>PATH.part</c>, resumed where an earlier attempt stopped, checked, then renamed. A file that is there already stays until
/// a whole and right one takes its place.
/// </summary>
public sealed class DataDownload(HttpClient http)
{
    private const int BufferBytes = 128 << 10, Attempts = 4;

    /// <summary>A larger file than any data set here; a server that never ends must not fill the disk.</summary>
    private const long MaxBytes = 1L << 40;

    /// <summary>A read that brings nothing for so long counts as a broken connection.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Wait before attempt n is n times this.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <param name="accept">Looks at the complete temporary file; throws to refuse it.</param>
    /// <param name="progress">Bytes on disk so far, and all of them where the server says.</param>
    /// <param name="advice">What to do about an answer that no repetition will change; null: to look for the file's present address.</param>
    public async Task FetchAsync(string url, string path, Action<string> accept, Action<long, long?>? progress, CancellationToken cancellation, Func<HttpStatusCode, string>? advice = null)
    {
        string part = path + ".part", tag = part + ".tag";
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await TransferAsync(url, part, tag, progress, advice, cancellation);
                break;
            }
            catch (Exception e) when (attempt < Attempts && IsPassing(e, cancellation))
            {
                await Task.Delay(Pause * attempt, cancellation);
            }
            catch (Exception e) when (IsPassing(e, cancellation))
            {
                throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{url}: broke off {Attempts} times ({Reason(e)}); what arrived is kept, run the command again to go on from there"), e);
            }
        }
        try
        {
            accept(part);
            File.Move(part, path, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
        finally
        {
            File.Delete(tag);
        }
    }

    private async Task TransferAsync(string url, string part, string tag, Action<long, long?>? progress, Func<HttpStatusCode, string>? advice, CancellationToken cancellation)
    {
        long have = File.Exists(part) && File.Exists(tag) ? new FileInfo(part).Length : 0;
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (have > 0)
        {
            request.Headers.Range = new RangeHeaderValue(have, null);
            // without If-Range a file that changed meanwhile would be glued to the old beginning
            request.Headers.TryAddWithoutValidation("If-Range", await File.ReadAllTextAsync(tag, cancellation));
        }
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Idle);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            File.Delete(part);
            throw new IOException("the server does not go on from what is here");
        }
        if (!response.IsSuccessStatusCode)
        {
            string message = string.Create(CultureInfo.InvariantCulture, $"{url}: the server answered {(int)response.StatusCode} {response.ReasonPhrase}");
            if ((int)response.StatusCode is >= 500 or 408 or 429) throw new IOException(message);
            throw new DataFormatException($"{message}; {advice?.Invoke(response.StatusCode) ?? "see the data set's home page for its present address (radlab data show)"}");
        }
        bool goesOn = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == have;
        if (response.StatusCode == HttpStatusCode.PartialContent && !goesOn)
        {
            File.Delete(part);
            throw new IOException("the server sent another part than the one asked for");
        }
        if (!goesOn) have = 0;
        // a strong validator or nothing: with none, a broken download starts over
        string? validator = response.Headers.ETag is { IsWeak: false } etag ? etag.Tag : response.Content.Headers.LastModified?.ToString("r", CultureInfo.InvariantCulture);
        if (!goesOn && validator is not null) await File.WriteAllTextAsync(tag, validator, cancellation);
        else if (!goesOn) File.Delete(tag);

        long? total = response.Content.Headers.ContentLength is { } length ? have + length : null;
        if (total > MaxBytes) throw new DataFormatException(string.Create(CultureInfo.InvariantCulture, $"{url}: the server announces {total} bytes; refused above {MaxBytes}"));
        await using var source = await response.Content.ReadAsStreamAsync(patience.Token);
        await using var target = new FileStream(part, goesOn ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.None, 1);
        byte[] buffer = new byte[BufferBytes];
        while (true)
        {
            patience.CancelAfter(Idle);
            int read = await source.ReadAsync(buffer, patience.Token);
            if (read == 0) break;
            if ((have += read) > MaxBytes) throw new DataFormatException(string.Create(CultureInfo.InvariantCulture, $"{url}: sent more than {MaxBytes} bytes; refused"));
            await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
            progress?.Invoke(have, total);
        }
        target.Flush(flushToDisk: true);
        if (total is not null && have < total) throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{have} of {total} bytes arrived"));
    }

    // an idle connection cancels the linked token, not the caller's
    private static bool IsPassing(Exception e, CancellationToken cancellation) =>
        e is IOException or HttpRequestException || (e is OperationCanceledException && !cancellation.IsCancellationRequested);

    private static string Reason(Exception e) => e is OperationCanceledException ? "nothing arrived for too long" : e.Message.ReplaceLineEndings(" ");
}
