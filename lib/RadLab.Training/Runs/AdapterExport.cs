using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>Copies a finished run's weights out of its folder, with what they were trained on beside them, where the data's terms allow it.</summary>
public static class AdapterExport
{
    public const string FileName = "export.json";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="run">Folder of the run.</param>
    /// <param name="output">New or empty; complete or not there.</param>
    /// <param name="acknowledge">The user knows the terms that speak against it and takes them on; which ones is written into export.json.</param>
    /// <returns>What the user should know, a line each.</returns>
    /// <exception cref="DataRefusedException">The terms forbid it and <paramref name="acknowledge"/> is false.</exception>
    public static IReadOnlyList<string> Write(string run, string output, bool acknowledge, DateTime utc)
    {
        ArgumentNullException.ThrowIfNull(run);
        var record = RunRecord.Load(run);
        if (AdapterProvenance.WeightsOf(run) is not { } weights) throw new RecipeException($"{run}: has neither adapter nor model: the run is not finished; go on with 'radlab train --resume {run}'.");
        var provenance = record.Data.Provenance;
        var earlier = AdapterProvenance.LoadAll(weights).Skip(1).ToList();   // what the base was trained on
        List<string> objections = [.. Sharing.Objections(record.Data), .. earlier.SelectMany(d => Sharing.Objections(d).Select(o => $"of its base's training on {d.Provenance.DataSet}: {o}"))];
        if (objections.Count > 0 && !acknowledge)
            throw new DataRefusedException($"{run}: export refused: it was trained on {provenance.DataSet} ({provenance.Licence}), and {string.Join("; ", objections)}; nothing was written: give --acknowledge if you answer for where it goes.");
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output)), staged = target + ".radlab.tmp";
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())) throw new RecipeException($"--out {output}: must be new or an empty folder; choose another one.");
        if (Directory.Exists(staged)) Directory.Delete(staged, recursive: true);
        try
        {
            foreach (string file in Directory.EnumerateFiles(weights, "*", SearchOption.AllDirectories))
            {
                string copy = Path.Combine(staged, Path.GetRelativePath(weights, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                WholeFile.Copy(file, copy);
            }
            AdapterProvenance.Write(staged, record.Data, earlier);   // from run.json: an older adapter may have none, and nobody's edit of it counts
            var files = new JsonObject();
            foreach (var (name, hash) in RegistryLineage.FilesOf(staged)) files[name] = hash;
            var json = new JsonObject
            {
                ["format"] = 1, ["run"] = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run))), ["identity"] = record.Identity(), ["exported_utc"] = utc.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
                ["acknowledged"] = new JsonArray([.. objections.Select(o => (JsonNode)o)]), ["files"] = files,
            };
            WholeFile.Write(Path.Combine(staged, FileName), Encoding.UTF8.GetBytes(json.ToJsonString(s_json) + "\n"));
            Durable.FlushTree(staged);
            if (Directory.Exists(target)) Directory.Delete(target);
            Directory.Move(staged, target);
        }
        catch
        {
            if (Directory.Exists(staged)) Directory.Delete(staged, recursive: true);
            throw;
        }
        return provenance.Terms.TrainedWeights == TermsOfUse.Unclear ? [$"{provenance.DataSet}: its licence does not say whether weights trained on it may be shared: {provenance.Terms.Note}"] : [];
    }
}
