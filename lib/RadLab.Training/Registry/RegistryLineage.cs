using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>Gathers a version's lineage from the folder of a finished run.</summary>
internal static class RegistryLineage
{
    /// <exception cref="RecipeException">The run is not finished, or its adapter is not its own.</exception>
    public static RegistryEntry Of(string run, string name, int version, DateTime utc)
    {
        var record = RunRecord.Load(run);
        if (AdapterProvenance.WeightsOf(run) is not { } weights) throw new RecipeException($"{run}: has neither adapter nor model: the run is not finished; go on with 'radlab train --resume {run}'.");
        if (Path.GetFileName(weights) == AdapterProvenance.AdapterFolder)
        {
            var own = PeftFolder.BaseOf(weights) ?? throw new RecipeException($"{weights}: there is no radlab.json: the adapter's base is not known; train it anew, or restore the file.");
            if (own.WeightsSha256 != record.Base.WeightsSha256) throw new RecipeException($"{weights}: belongs to the base {own.WeightsSha256}, but the run trained on {record.Base.WeightsSha256}: restore the run's own adapter.");
        }
        var provenance = record.Data.Provenance;
        return new RegistryEntry
        {
            Name = name, Version = version, CreatedUtc = utc.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), Run = Path.GetFullPath(run), Identity = record.Identity(),
            BaseModel = record.Recipe.Model, Base = record.Base, Kind = Path.GetFileName(weights), Files = FilesOf(weights), Data = record.Data, Recipe = record.Recipe, Evaluation = EvaluationOf(run, record.Recipe.Run.ResultIsBest),
            LicenceNotes = [.. Notes(provenance), .. AdapterProvenance.LoadAll(weights).Skip(1).SelectMany(d => Notes(d.Provenance)).Select(n => $"its base: {n}")],
            Software = typeof(RegistryLineage).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
        };
    }

    private static string[] Notes(DataProvenance p) =>
    [
        $"{p.DataSet}: {p.Licence}; {p.Licence.Url}",
        $"PHI class {p.Phi.Class}: {p.Phi.Note}",
        $"adapted text {p.Terms.AdaptedText}, trained weights {p.Terms.TrainedWeights}, commercial use {p.Terms.CommercialUse}: {p.Terms.Note}",
    ];

    public static SortedDictionary<string, string> FilesOf(string folder)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            using var stream = File.OpenRead(file);
            files[Path.GetRelativePath(folder, file).Replace('\\', '/')] = Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        return files;
    }

    public static string HashOf(IReadOnlyDictionary<string, string> files) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', files.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Value}  {f.Key}")))));

    /// <summary>Of what makes an adapter say what it says, the same in every copy.</summary>
    public static string AdapterHashOf(IReadOnlyDictionary<string, string> files) =>
        HashOf(files.Where(f => f.Key == PeftConfig.FileName || f.Key.StartsWith("adapter_model", StringComparison.Ordinal)).ToDictionary(f => f.Key, f => f.Value));

    // figures only: an evaluation also has words, which do not belong into a registry
    private static SortedDictionary<string, double> EvaluationOf(string run, bool best)
    {
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        // of the weights that are registered: of equal losses the first is kept as the best
        var evaluations = RunCurve.Read(run).Evaluations.Where(e => double.IsFinite(e.Loss)).ToList();
        if ((best ? evaluations.MinBy(e => e.Loss) : evaluations.LastOrDefault()) is { } of) (figures["validation_loss"], figures["validation_step"]) = (of.Loss, of.Step);
        foreach (string file in Directory.EnumerateFiles(run, EvaluationFigures.Pattern).Order(StringComparer.Ordinal))
            foreach (var (figure, value) in EvaluationFigures.Load(file)) figures[$"{Path.GetFileNameWithoutExtension(file)}.{figure}"] = value;
        return figures;
    }
}
