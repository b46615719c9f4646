using System.Text.Json;

namespace RadLab.Notebooks;

/// <summary>
/// Takes outputs out of notebooks, so that what cells showed (perhaps of patients) is not committed. Everything else keeps
/// its bytes.
/// </summary>
public static class OutputStrip
{
    /// <summary>
    /// In <c>metadata.radlab.outputs</c>: the author states that the notebook shows synthetic data only. The git filter keeps the
    /// outputs of such notebooks; <see cref="Strip"/> does not ask.
    /// </summary>
    public const string Synthetic = "synthetic";

    /// <summary>Removes outputs and execution counts; returns how many cells had any.</summary>
    public static int Strip(Notebook notebook)
    {
        int changed = 0;
        foreach (var cell in notebook.Cells)
        {
            if (cell.Kind != CellKind.Code || cell.Outputs.Count == 0 && cell.ExecutionCount is null) continue;
            cell.SetResult(null, []);
            changed++;
        }
        return changed;
    }

    /// <summary>Whether the notebook states that it shows synthetic data only.</summary>
    public static bool IsSynthetic(Notebook notebook) =>
        notebook.Metadata is { ValueKind: JsonValueKind.Object } metadata && metadata.TryGetProperty(Provenance.Name, out var own) && own.ValueKind == JsonValueKind.Object
        && own.TryGetProperty("outputs", out var outputs) && outputs.ValueKind == JsonValueKind.String && outputs.ValueEquals(Synthetic);

    /// <summary>Strips a file in place; writes only when something changes.</summary>
    public static int StripFile(string path)
    {
        var notebook = Notebook.Load(path);
        int changed = Strip(notebook);
        if (changed > 0) notebook.Save(path);
        return changed;
    }

    /// <summary>What git calls for each notebook it stores: from standard input to standard output.</summary>
    /// <exception cref="NotebookFormatException">The text is no notebook; git then refuses to store it, which is safe.</exception>
    public static async Task FilterAsync(Stream input, Stream output, CancellationToken cancellation = default)
    {
        var buffer = new MemoryStream();
        var block = new byte[1 << 16];
        for (int n; (n = await input.ReadAsync(block, cancellation).ConfigureAwait(false)) > 0;)
        {
            if (buffer.Length + n > Notebook.MaxBytes) throw new NotebookFormatException("standard input", $"more than {Notebook.MaxBytes >> 20} MiB; notebooks are read up to that size");
            buffer.Write(block, 0, n);
        }
        byte[] bytes = buffer.ToArray();
        // an empty file is a notebook that is being made; it shows nothing
        if (bytes.Length > 0)
        {
            var notebook = Notebook.Parse(bytes, "standard input");
            if (!IsSynthetic(notebook) && Strip(notebook) > 0) bytes = notebook.ToBytes();
        }
        await output.WriteAsync(bytes, cancellation).ConfigureAwait(false);
        await output.FlushAsync(cancellation).ConfigureAwait(false);
    }
}
