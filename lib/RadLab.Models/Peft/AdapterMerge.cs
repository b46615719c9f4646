using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Merges a PEFT folder into a model folder, layer by layer, measures the result against the live adapter, and writes it only where it is close enough.</summary>
/// <remarks>
/// At no time is more in memory than one of the two models that are compared, or a few copies of the largest layer. The output folder appears when it is complete, with
/// <see cref="MergeReport.FileName"/> beside the weights; a refused merge leaves nothing.
/// </remarks>
public static class AdapterMerge
{
    /// <param name="engine">Computes.</param>
    /// <param name="model">The base: a Hugging Face folder, in 4 bits too.</param>
    /// <param name="adapter">A PEFT folder.</param>
    /// <param name="output">A folder, new or empty unless it may be overwritten.</param>
    /// <returns>The report; <see cref="MergeReport.Written"/> is false where the limit was passed.</returns>
    /// <exception cref="CheckpointFormatException">A folder is malformed, they do not fit, or the adapter belongs to another base.</exception>
    /// <exception cref="IOException">The output is there already and must not be overwritten.</exception>
    public static MergeReport Run(Engine engine, string model, string adapter, string output, MergeOptions options)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(options);
        if (Same(model, output) || Same(adapter, output)) throw new ArgumentException($"AdapterMerge: output must be another folder than model and adapter, got {output}.");
        if (!(options.MaxDivergence >= 0)) throw new ArgumentException("AdapterMerge: MaxDivergence must be 0 or more.");
        var config = LlamaConfig.Load(model);
        LogitTrace.Check(config, options.Prompts);
        using var file = AdapterFile.Open(adapter, config);
        var identity = BaseIdentity.OfFolder(model);
        var notes = PeftFolder.CheckBase(adapter, identity, options.AnotherBase, quantization: null);
        var live = LiveForm(config, file, notes);

        using var folder = new OutputFolder(output, options.Overwrite);
        MergeFidelity fidelity;
        List<MergedLayer> layers;
        using (var trace = new LogitTrace(Path.Combine(folder.Path, "logits.tmp")))
        {
            Record(engine, model, adapter, identity, live, trace, options);
            layers = Write(engine, config, model, file, live, folder.Path, options);
            using var merged = LlamaModel.Load(engine, folder.Path, Storage(folder.Path, new QuantizedForm(options.Target.Format())));
            fidelity = trace.Compare(merged, options.Prompts);
        }
        bool written = fidelity.MeanDivergence <= options.MaxDivergence || options.AboveLimit;
        var report = new MergeReport(written, options.Target, NameOf(live.Format), options.MaxDivergence, fidelity, layers, identity, notes);
        if (!written) return report;
        ProvenanceFile.Carry([adapter, model], Path.Combine(folder.Path, ProvenanceFile.Name));
        WholeFile.Write(Path.Combine(folder.Path, MergeReport.FileName), IndentedJson.Bytes(report.ToJson()));
        folder.Commit();
        return report;
    }

    private static void Record(Engine engine, string model, string adapter, BaseIdentity identity, QuantizedForm live, LogitTrace trace, MergeOptions options)
    {
        using var original = OriginalWeights.Open(model);
        using var loaded = LlamaModel.Load(engine, model, Storage(model, live));
        var adapters = PeftFolder.Load(loaded, adapter, identity, options.AnotherBase, original: original).Adapters;
        adapters.DropoutActive = false;
        trace.Record(loaded, options.Prompts);
    }

    private static List<MergedLayer> Write(Engine engine, LlamaConfig config, string model, AdapterFile adapter, QuantizedForm live, string folder, MergeOptions options)
    {
        bool quantizedBase = live.Format is not (WeightFormat.F32 or WeightFormat.BF16);
        if (options.Target.IsDequantized() && !quantizedBase)
            throw new ArgumentException($"AdapterMerge: Target {MergeTargets.NameOf(options.Target)} is for adapters of a quantized base, but this one stands on {NameOf(live.Format)}; use f32 or bf16.");
        // weights that the folder has in 4 bits come decoded from it: to quantize them once more would be another base
        bool through = options.Target.IsDequantized() && config.Quantization is null;
        bool nested = config.Quantization?.DoubleQuantization ?? true;   // as the weights that are left alone
        var plan = new MergePlan(engine, adapter, new QuantizedForm(options.Target.Format(), nested), through ? live : null, quantizedBase ? live : LoraAdapter.LoftQForm);
        var layers = new List<MergedLayer>();
        var modules = Enumerable.Range(0, config.Layers).SelectMany(l => LlamaWeights.LinearNames.Select(n => LlamaWeights.Module(l, n))).ToDictionary(LlamaWeights.WeightOf);

        using var source = ConversionSource.Open(engine, model);
        var tensors = source.Tensors
            .Select(t => modules.TryGetValue(t.Name, out string? module) && (through || adapter.Settings.IsTarget(module)) ? new MergedTensor(plan, module, t, layers.Add) : t).ToList();
        var target = options.Target.Format() switch
        {
            WeightFormat.Nf4 => ConversionTarget.BnbNf4,
            WeightFormat.BF16 => ConversionTarget.SafeTensorsBF16,
            _ => ConversionTarget.SafeTensorsF32,
        };
        try
        {
            var (_, changed) = SafeTensorsConversion.Folder(engine, source, folder, new ConversionOptions { Target = target, DoubleQuantization = nested, MaxShardBytes = options.MaxShardBytes }, tensors);
            WholeFile.Write(Path.Combine(folder, "config.json"), changed);
        }
        finally
        {
            foreach (var tensor in tensors) tensor.Release();
        }
        source.CopyCompanions(folder);
        return [.. layers.OrderBy(l => Array.IndexOf([.. modules.Values], l.Module))];
    }

    // The form that the adapter was trained on; a folder in 4 bits settles it, otherwise radlab.json says it.
    private static QuantizedForm LiveForm(LlamaConfig config, AdapterFile adapter, List<string> notes)
    {
        var trained = PeftProvenance.FormatOf(adapter.Provenance?.Quantization);
        var format = trained ?? (config.Quantization is { } q ? (q.QuantType == Fp4.Name ? WeightFormat.Fp4 : WeightFormat.Nf4) : WeightFormat.F32);
        if (trained is null) notes.Add($"the adapter does not say how its base was kept in training: the live adapter is measured on the base in {NameOf(format)}.");
        return new QuantizedForm(format, adapter.Provenance?.DoubleQuantization ?? true, adapter.Provenance?.BlockSize ?? FourBitBlocks.DefaultBlockSize);
    }

    // All but the linear layers exact, so that what is measured is what they lose.
    private static LlamaStorage Storage(string folder, QuantizedForm linears)
    {
        using var checkpoint = ShardedCheckpoint.Open(folder);
        bool bf16 = ((string[])[LlamaWeights.Embedding, LlamaWeights.Head]).All(name => !checkpoint.Contains(name) || checkpoint.Get(name).DType == SafeTensorsDType.BF16);
        return new LlamaStorage
        {
            Linears = linears.Format, BlockSize = linears.BlockSize, DoubleQuantization = linears.DoubleQuantization,
            Embedding = bf16 ? DType.BF16 : DType.F32, Activations = DType.F32,
        };
    }

    private static string NameOf(WeightFormat format) => format.ToString().ToLowerInvariant();

    private static bool Same(string a, string b) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(a)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(b));
}
