using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Radiology;

namespace RadLab.Cli;

/// <summary><c>radlab bench duplicates</c>: exact and near duplicates of generated texts, how fast, in how much memory, and how many of the planted ones are found.</summary>
internal static class BenchDuplicates
{
    public static Command Create()
    {
        var reports = BenchVerb.Size("--reports", "Texts of about 60 words.", 100_000, 20_000_000);
        var threads = BenchVerb.ThreadsOption();
        var json = BenchVerb.JsonOption();
        var command = new Command("duplicates", "Exact and near duplicates and the leakage gate on generated texts.") { reports, threads, json };
        command.SetAction(parsed =>
        {
            using var engine = new Engine(new EngineOptions { Threads = parsed.GetValue(threads) });
            return BenchVerb.Print(Run(new VariedTexts(parsed.GetValue(reports), seed: 5), parsed.GetValue(reports), engine.Threads), parsed.GetValue(json), engine);
        });
        return command;
    }

    private static JsonObject Run(VariedTexts texts, int reports, int threads)
    {
        // making the texts costs time of its own, which is measured apart and taken off
        long start = Stopwatch.GetTimestamp();
        long words = 0;
        foreach (string text in texts.All()) words += text.AsSpan().Count(' ') + 1;
        double making = Stopwatch.GetElapsedTime(start).TotalSeconds;

        var exact = new ExactDuplicates();
        start = Stopwatch.GetTimestamp();
        foreach (string text in texts.All()) exact.Add(text, out _);
        double exactSeconds = Math.Max(1e-9, Stopwatch.GetElapsedTime(start).TotalSeconds - making);

        var options = new NearDuplicateOptions();
        var near = new NearDuplicates(options);
        start = Stopwatch.GetTimestamp();
        foreach (string text in texts.All()) near.Add(text);
        double addSeconds = Math.Max(0, Stopwatch.GetElapsedTime(start).TotalSeconds - making);
        start = Stopwatch.GetTimestamp();
        var clusters = near.Cluster(threads);
        double clusterSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        int copies = 0, copiesFound = 0, changed = 0, changedFound = 0;
        double similarity = 0;
        for (int i = 0; i < reports; i++)
        {
            var kind = texts.KindOf(i);
            if (kind == VariedTexts.Kind.New) continue;
            bool found = clusters.ClusterOf[i] == clusters.ClusterOf[texts.SourceOf(i)];
            if (kind == VariedTexts.Kind.Copy)
            {
                copies++;
                if (found) copiesFound++;
                continue;
            }
            double s = NearDuplicates.Similarity(texts.At(i), texts.At(texts.SourceOf(i)), options.ShingleWords);
            if (s < options.Threshold) continue;
            changed++;
            similarity += s;
            if (found) changedFound++;
        }

        // one text in a hundred is held against all others, as an evaluation set would be
        var gate = new LeakageGate();
        for (int i = 0; i < reports; i += 100) gate.AddEvaluationText(i.ToString(System.Globalization.CultureInfo.InvariantCulture), texts.At(i));
        gate.Repeats("");   // builds the index
        start = Stopwatch.GetTimestamp();
        int leaking = 0;
        foreach (string text in texts.All())
            if (gate.Repeats(text)) leaking++;
        double gateSeconds = Math.Max(1e-9, Stopwatch.GetElapsedTime(start).TotalSeconds - making);

        return new JsonObject
        {
            ["reports"] = reports,
            ["words_per_report"] = words / (double)reports,
            ["making_texts_s"] = making,
            ["exact_s"] = exactSeconds,
            ["exact_reports_per_s"] = reports / exactSeconds,
            ["exact_table_mb"] = exact.MemoryBytes / 1e6,
            ["exact_duplicates"] = exact.Duplicates,
            ["near_s"] = addSeconds + clusterSeconds,
            ["near_read_s"] = addSeconds,
            ["near_cluster_s"] = clusterSeconds,
            ["near_memory_mb"] = near.MemoryBytes / 1e6,
            ["clusters"] = clusters.Clusters,
            ["largest_cluster"] = clusters.Largest,
            ["pairs_compared"] = clusters.PairsCompared,
            ["pairs_confirmed"] = clusters.PairsConfirmed,
            ["pairs_not_compared"] = clusters.PairsNotCompared,
            ["planted_copies"] = copies,
            ["planted_copies_recall"] = copies == 0 ? 1 : copiesFound / (double)copies,
            ["planted_changed"] = changed,
            ["planted_changed_recall"] = changed == 0 ? 1 : changedFound / (double)changed,
            ["planted_changed_mean_similarity"] = changed == 0 ? 0 : similarity / changed,
            ["gate_evaluation_texts"] = (reports + 99) / 100,
            ["gate_s"] = gateSeconds,
            ["gate_reports_per_s"] = reports / gateSeconds,
            ["gate_repeating"] = leaking,
            ["process_peak_mb"] = Process.GetCurrentProcess().PeakWorkingSet64 / 1e6,
        };
    }
}
