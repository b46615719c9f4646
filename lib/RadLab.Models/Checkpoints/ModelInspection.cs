using System.Globalization;

namespace RadLab.Models;

/// <summary>One tensor as a listing shows it; a 4-bit weight with all its parts is one.</summary>
/// <param name="Type">As the file calls it: <c>BF16</c>, <c>nf4</c>, <c>Q4_0</c>.</param>
/// <param name="Bytes">With scales and tables.</param>
public sealed record InspectedTensor(string Name, string Type, IReadOnlyList<long> Shape, long Bytes, string File)
{
    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);

    public string ShapeText => SafeTensorsEntry.TextOf(Shape);
}

/// <summary>What a file or folder holds.</summary>
/// <param name="Kind"><c>safetensors</c>, <c>model folder</c>, <c>PEFT adapter</c>, <c>GGUF</c> or <c>llama2.c</c>.</param>
/// <param name="Quantization">Null where nothing is quantized.</param>
/// <param name="Metadata">In the order of the files, long values shortened.</param>
/// <param name="Notes">What is odd, a line each.</param>
public sealed record ModelInspection(
    string Kind, IReadOnlyList<InspectedTensor> Tensors, string? Quantization, IReadOnlyList<KeyValuePair<string, string>> Metadata, IReadOnlyList<string> Files, IReadOnlyList<string> Notes)
{
    private const int ShownItems = 6;
    private const int ShownChars = 200;

    public long Elements => Tensors.Sum(t => t.Elements);

    public long Bytes => Tensors.Sum(t => t.Bytes);

    /// <param name="path">A safetensors or GGUF file, a model folder, a PEFT folder, or a llama2.c model or its folder.</param>
    /// <exception cref="CheckpointFormatException">A file is malformed.</exception>
    /// <exception cref="FileNotFoundException">There is nothing of the kind.</exception>
    public static ModelInspection Of(string path)
    {
        if (File.Exists(path))
        {
            if (IsGguf(path)) return OfGguf(path);
            if (path.EndsWith(".bin", StringComparison.OrdinalIgnoreCase)) return OfLlama2c(path);
            using var file = ShardedCheckpoint.Of(SafeTensorsReader.Open(path));
            return OfCheckpoint("safetensors", file, [], []);
        }
        if (!Directory.Exists(path)) throw new FileNotFoundException($"{path}: path: must be a safetensors or GGUF file, a model folder or an adapter's folder; check the path.", path);
        if (File.Exists(Path.Combine(path, PeftConfig.FileName))) return OfAdapter(path);
        bool others = Directory.EnumerateFiles(path, "*.bin").Any() && !Directory.EnumerateFiles(path, "*.safetensors*").Any();
        return others && ModelFolder.Find(path).Llama2cFile is { } llama2c ? OfLlama2c(llama2c) : OfFolder(path);
    }

    private static bool IsGguf(string path)
    {
        using var stream = File.OpenRead(path);
        Span<byte> magic = stackalloc byte[4];
        return stream.ReadAtLeast(magic, 4, throwOnEndOfStream: false) == 4 && System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(magic) == GgufReader.Magic;
    }

    private static ModelInspection OfFolder(string folder)
    {
        using var checkpoint = ShardedCheckpoint.Open(folder);
        var metadata = new List<KeyValuePair<string, string>>();
        var notes = new List<string>();
        if (File.Exists(Path.Combine(folder, "config.json")))
        {
            try
            {
                metadata.Add(new("config.json", Summary(LlamaConfig.Load(folder))));
            }
            catch (CheckpointFormatException e)   // the weights can be listed all the same
            {
                notes.Add(e.Message);
            }
        }
        else
        {
            notes.Add($"{folder}: there is no config.json: the folder cannot be loaded as a model");
        }
        if (checkpoint.Unlisted.Count > 0) notes.Add(Text($"{checkpoint.Unlisted.Count} tensors are in the shards but not in the index, the first is {CheckpointFormatException.Quote(checkpoint.Unlisted[0])}"));
        if (checkpoint.DeclaredTotalBytes is { } declared && declared != checkpoint.TotalBytes) notes.Add(Text($"the index says {declared:0} bytes, the tensors have {checkpoint.TotalBytes}"));
        return OfCheckpoint("model folder", checkpoint, metadata, notes);
    }

    private static string Summary(LlamaConfig c) => Text(
        $"llama, {c.Layers} layers, width {c.HiddenSize}, feed-forward {c.IntermediateSize}, {c.Heads} heads, {c.KeyValueHeads} key-value heads, vocabulary {c.VocabularySize}, {c.MaxPositions} positions{(c.TiedEmbeddings ? ", tied" : "")}");

    private static ModelInspection OfAdapter(string folder)
    {
        var s = PeftConfig.Load(folder);
        var provenance = PeftProvenance.Load(folder);
        var notes = new List<string>();
        var metadata = new List<KeyValuePair<string, string>>
        {
            new(PeftConfig.FileName, Text($"{(s.Settings.UseDora ? "DoRA" : "LoRA")}{(s.Settings.UseRsLora ? " (rsLoRA)" : "")}, rank {s.Settings.Rank}, alpha {s.Settings.Alpha}, dropout {s.Settings.Dropout}, on {s.Settings.TargetPattern ?? string.Join(", ", s.Settings.Targets)}")),
            new("base model", s.BaseModel is { } name ? CheckpointFormatException.Quote(name) : "not named"),
        };
        if (provenance is null) notes.Add($"there is no {PeftProvenance.FileName}: the adapter comes from elsewhere and names no base");
        else metadata.AddRange([new("base weights sha256", provenance.Base.WeightsSha256 ?? "not known"), new("base quantization", provenance.Quantization ?? "not known"), new("tokenizer sha256", provenance.Base.TokenizerSha256 ?? "not known")]);
        using var checkpoint = ShardedCheckpoint.Open(folder, PeftFolder.Stem);
        return OfCheckpoint("PEFT adapter", checkpoint, metadata, notes);
    }

    private static ModelInspection OfCheckpoint(string kind, ShardedCheckpoint checkpoint, List<KeyValuePair<string, string>> metadata, List<string> notes)
    {
        var states = checkpoint.Entries.Select(e => (e.Name, State: BitsAndBytesWeights.StateOf(checkpoint, e.Name))).Where(e => e.State is not null).ToDictionary(e => e.Name, e => e.State!);
        var partBytes = checkpoint.Entries.Select(e => (Owner: BitsAndBytesWeights.OwnerOf(e.Name), e.ByteCount)).Where(e => e.Owner is not null && states.ContainsKey(e.Owner)).GroupBy(e => e.Owner!).ToDictionary(g => g.Key, g => g.Sum(e => e.ByteCount));
        var tensors = new List<InspectedTensor>();
        foreach (var entry in checkpoint.Entries)
        {
            if (BitsAndBytesWeights.OwnerOf(entry.Name) is { } owner && states.ContainsKey(owner)) continue;
            string file = Path.GetFileName(checkpoint.FileOf(entry.Name));
            tensors.Add(states.TryGetValue(entry.Name, out var state)
                ? new InspectedTensor(entry.Name, BitsAndBytesState.NameOf(state.Format), [state.Outputs, state.Inputs], entry.ByteCount + partBytes[entry.Name], file)
                : new InspectedTensor(entry.Name, entry.DType.Name(), entry.Shape, entry.ByteCount, file));
        }
        foreach (var shard in checkpoint.Shards)
            foreach (var (key, value) in shard.Metadata)
            {
                string shown = Shown(key), text = Shown(value);
                if (!metadata.Contains(new(shown, text))) metadata.Add(new(shown, text));
            }
        var kinds = states.Values.Select(s => Text($"bitsandbytes {BitsAndBytesState.NameOf(s.Format)}, blocks of {s.BlockSize}{(s.NestedOffset is null ? "" : ", double quantization")}")).Distinct().Order(StringComparer.Ordinal).ToList();
        return new ModelInspection(kind, tensors, kinds.Count == 0 ? null : string.Join("; ", kinds), metadata, [.. checkpoint.Shards.Select(s => Path.GetFileName(s.File))], notes);
    }

    private static ModelInspection OfGguf(string path)
    {
        using var file = GgufReader.Open(path);
        string name = Path.GetFileName(path);
        var tensors = file.Tensors.Select(t => new InspectedTensor(t.Name, t.Type.ToString(), t.Shape, t.ByteCount, name)).ToList();
        var quantized = file.Tensors.Where(t => t.Type.Block().Elements > 1).Select(t => t.Type.ToString()).Distinct().Order(StringComparer.Ordinal).ToList();
        return new ModelInspection("GGUF", tensors, quantized.Count == 0 ? null : string.Join("; ", quantized), [.. file.Metadata.Select(p => KeyValuePair.Create(Shown(p.Key), Shown(p.Value)))], [name], []);
    }

    private static ModelInspection OfLlama2c(string path)
    {
        using var file = Llama2cFile.Open(path);
        string name = Path.GetFileName(path);
        var tensors = SourceTensors.Of(file).Select(t => new InspectedTensor(t.Name, t.DType.Name(), t.Shape, t.Count * sizeof(float), name)).ToList();
        return new ModelInspection("llama2.c", tensors, null, [new("header", Summary(file.Config))], [name], []);
    }

    private static string Shown(object value) => value switch
    {
        Array array => Text($"{array.Length} items: {string.Join(", ", array.Cast<object>().Take(ShownItems).Select(Shown))}{(array.Length > ShownItems ? ", …" : "")}"),
        string text => Line(text),
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    // a value from a file stays one short line on any terminal
    private static string Line(string text)
    {
        var line = new System.Text.StringBuilder();
        foreach (char c in text.Length <= ShownChars ? text : text[..ShownChars]) line.Append(char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' ? '\uFFFD' : c);
        return line.Append(text.Length > ShownChars ? "…" : "").ToString();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
