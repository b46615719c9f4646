using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Radiology;

namespace RadLab.Cli;

/// <summary><c>radlab bench deid</c>: planted-PHI recall per kind, reports with any leak, false alarms, and texts per second of one core.</summary>
internal static class BenchDeid
{
    public static Command Create()
    {
        var reports = BenchVerb.Size("--reports", "Texts to plant identifiers into.", 5000, 1_000_000);
        var seed = new Option<ulong>("--seed") { Description = "Another seed gives other texts.", DefaultValueFactory = _ => 1 };
        var clean = new Option<string?>("--clean") { Description = "A file of texts without identifiers, one a line, to plant into and to count false alarms on; without it the built-in ones." };
        var misses = new Option<int>("--misses") { Description = "Print that many misses. The texts are made up, so this discloses nothing.", DefaultValueFactory = _ => 0 };
        var contexts = new Option<PlantedContexts>("--contexts") { Description = "Which contexts and formats to plant: first, second (written apart from the detector), third (no rule is written from its misses), or all, which is the first two.", DefaultValueFactory = _ => PlantedContexts.All };
        var json = BenchVerb.JsonOption();
        var command = new Command("deid", "Planted-PHI recall of the de-identifier. It measures these plants, not your texts, and is no statement of compliance.") { reports, seed, clean, contexts, misses, json };
        command.SetAction(parsed =>
        {
            string? file = parsed.GetValue(clean);
            if (file is not null && !File.Exists(file)) throw new UsageException($"bench deid: --clean {file} does not exist");
            string[] texts = file is null ? [.. PhiPlanter.BuiltInCarriers] : [.. File.ReadLines(file).Where(l => l.Length > 0)];
            if (texts.Length == 0) throw new UsageException($"bench deid: --clean {file} holds no text");
            Run(parsed.GetValue(reports), parsed.GetValue(seed), texts, parsed.GetValue(contexts), parsed.GetValue(misses), parsed.GetValue(json));
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Run(int reports, ulong seed, string[] texts, PlantedContexts contexts, int misses, bool json)
    {
        var missed = new List<PlantedMiss>();
        var score = DeidentificationBenchmark.Run(reports, seed, texts, miss => { if (missed.Count < misses) missed.Add(miss); }, contexts);
        var (alarms, words) = FalseAlarms(texts);
        double speed = CharactersPerSecond(seed, texts);
        if (json)
        {
            var kinds = new JsonArray();
            foreach (var k in score.Kinds)
                kinds.Add(new JsonObject { ["kind"] = k.Kind.ToString(), ["planted"] = k.Planted, ["found"] = k.Found, ["recall"] = k.Recall, ["recall_low95"] = k.RecallLow, ["kind_right"] = k.KindRight });
            Console.WriteLine(new JsonObject
            {
                ["figure"] = "planted-PHI recall", ["reports"] = score.Reports, ["seed"] = score.Seed, ["contexts"] = contexts.ToString().ToLowerInvariant(), ["planted"] = score.Planted, ["recall"] = score.Recall, ["reports_with_leak"] = score.LeakingReports, ["leak_rate"] = score.LeakRate,
                ["leak_rate_high95"] = score.LeakHigh, ["false_alarms_planted_per_1000_words"] = score.FalseAlarmsPerThousandWords, ["false_alarms_clean_per_1000_words"] = 1000.0 * alarms / words, ["clean_words"] = words,
                ["characters_per_cpu_second"] = speed, ["reports_of_400_per_cpu_second"] = speed / 400, ["kinds"] = kinds,
            }.ToJsonString(DoctorVerb.Json));
            return;
        }
        Print($"planted-PHI recall, {score.Reports} reports, seed {score.Seed}, contexts {contexts.ToString().ToLowerInvariant()} (these plants, not your texts; no statement of compliance)");
        foreach (var k in score.Kinds) Print($"  {k.Kind,-16} {k.Planted,7} planted  {100 * k.Recall,7:0.00} % found (95 % low {100 * k.RecallLow:0.00})  {100.0 * k.KindRight / Math.Max(1, k.Found),6:0.0} % of the right kind");
        Print($"  {"all",-16} {score.Planted,7} planted  {100 * score.Recall,7:0.00} % found");
        Print($"  reports with any leak: {score.LeakingReports} = {100 * score.LeakRate:0.00} % (95 % upper bound {100 * score.LeakHigh:0.00} %)");
        Print($"  false alarms per 1,000 words: {score.FalseAlarmsPerThousandWords:0.00} on planted texts, {1000.0 * alarms / words:0.00} on the clean ones ({words} words)");
        Print($"  {speed / 1e6:0.0} million characters per CPU second = {speed / 400:0} reports of 400 characters");
        foreach (var miss in missed) Print($"  missed {miss.Kind} in report {miss.Report}: {miss.Around.ReplaceLineEndings("\\n")}");
    }

    private static (int Alarms, long Words) FalseAlarms(string[] texts)
    {
        var deidentifier = new Deidentifier(new DeidentificationSettings());
        int alarms = 0;
        long words = 0;
        foreach (string text in texts)
        {
            alarms += deidentifier.Scan(text).Count;
            words += DeidentificationBenchmark.CountWords(text);
        }
        return (alarms, Math.Max(1, words));
    }

    /// <summary>CPU time, not the clock's: other work on the machine does not count. The best of several passes, the first of which warm the code.</summary>
    private static double CharactersPerSecond(ulong seed, string[] texts)
    {
        var planter = new PhiPlanter(seed, texts);
        string[] sample = [.. Enumerable.Range(0, 2000).Select(n => planter.Make(n).Text)];
        var deidentifier = new Deidentifier(new DeidentificationSettings());
        long characters = sample.Sum(t => (long)t.Length);
        double best = double.MaxValue;
        using var process = Process.GetCurrentProcess();
        for (int pass = 0; pass < 8; pass++)
        {
            process.Refresh();
            var before = process.TotalProcessorTime;
            foreach (string text in sample) deidentifier.Scan(text);
            process.Refresh();
            best = Math.Min(best, (process.TotalProcessorTime - before).TotalSeconds);
        }
        return characters / Math.Max(1e-9, best);
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
