using System.Text.Json;
using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class DataTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Task<CliResult> Run(params string[] arguments) => Cli.RunAsync(_folder.Path, ["data", .. arguments], new Dictionary<string, string> { ["RADLAB_DATA"] = "", ["XDG_DATA_HOME"] = _folder.File("home") });

    private static Task<CliResult> RunWith(string mirror, ScratchFolder folder, params string[] arguments) =>
        Cli.RunAsync(folder.Path, ["data", .. arguments], new Dictionary<string, string> { ["RADLAB_DATA"] = mirror, ["XDG_DATA_HOME"] = folder.File("home") });

    private static readonly string s_openi = ManifestCatalog.Find("openi-chest-xray").Files[0].Path;

    [Fact]
    public async Task List_and_show_tell_what_there_is_and_what_may_be_done()
    {
        var list = await Run("list", "--json");
        Assert.Equal(0, list.ExitCode);
        using var json = JsonDocument.Parse(list.Output);
        Assert.Equal(ManifestCatalog.Shipped.Select(m => m.Id), json.RootElement.GetProperty("dataSets").EnumerateArray().Select(d => d.GetProperty("id").GetString()));
        var show = await Run("show", "openi-chest-xray");
        Assert.Equal(0, show.ExitCode);
        foreach (string text in new[] { "CC-BY-NC-ND-4.0", "commercial use forbidden", "public-deidentified", "Demner-Fushman", "b7bc0ecbabffe7ee72b0ce44165718a7547568fe040a661587989d8ad753f480", "uid → id", "not here" }) Assert.Contains(text, show.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prepare_downloads_nothing_and_says_how_to_get_the_data()
    {
        var absent = await Run("prepare", "openi-chest-xray", "--out", "out");
        Assert.Equal((3, "radlab: openi-chest-xray: " + s_openi + " is not there. Run radlab data get openi-chest-xray, or set RADLAB_DATA to a folder that has it; generated texts (synthetic-reports, synthetic-protocols) need no file."), (absent.ExitCode, absent.Error.Trim()));
        Assert.False(Directory.Exists(_folder.File("out")));
        var credentialed = await Run("get", "mimic-cxr");
        Assert.Equal(2, credentialed.ExitCode);
        Assert.Contains("CITI course", credentialed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generated_reports_of_one_radiologist_are_hers()
    {
        Assert.Equal(0, (await Run("prepare", "synthetic-reports", "--count", "40", "--seed", "5", "--radiologist", "3", "--out", "hers")).ExitCode);
        var prepared = PreparedFolder.Open(_folder.File("hers"));
        Assert.EndsWith(", radiologist 3", prepared.Card.Settings.Single(s => s.Key == "generator").Value, StringComparison.Ordinal);
        var hers = SyntheticReports.Generate(5, 40, new SyntheticSettings { Radiologist = 3 }).ToDictionary(r => r.Report.Id, r => r.Report.Impression);
        Assert.True(prepared.Read(DataSplit.Train).Count(e => hers[e.Id] == e.Answer) > 20);
    }

    [Theory]
    [InlineData("synthetic-reports", "impression")]
    [InlineData("synthetic-protocols", "protocol")]
    public async Task Generated_data_is_prepared_in_one_command_and_repeats_bit_for_bit(string dataSet, string task)
    {
        var first = await Run("prepare", dataSet, "--count", "200", "--seed", "5", "--out", "first", "--json");
        Assert.True(first.ExitCode == 0, first.Error);
        Assert.Equal(0, (await Run("prepare", dataSet, "--count", "200", "--seed", "5", "--out", "second", "--threads", "1")).ExitCode);
        foreach (string file in Directory.GetFiles(_folder.File("first"))) Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(_folder.File("second/" + Path.GetFileName(file))));

        var prepared = PreparedFolder.Open(_folder.File("first"));
        Assert.Equal((200, task, PhiClass.None), (prepared.Card.Read, prepared.Card.Task, prepared.Provenance.Phi.Class));
        Assert.Equal(prepared.Card.Kept, Enum.GetValues<DataSplit>().Sum(s => prepared.Read(s).Count()));
        Assert.All(prepared.Read(DataSplit.Train), e => Assert.True(e.Instruction.Length > 0 && e.Input.Length > 0 && e.Answer.Length > 0 && e.Split == "train"));
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task Protocols_are_tested_on_templates_and_vocabulary_that_training_never_sees()
    {
        LongTests.SkipUnlessAsked();
        Assert.Equal(0, (await Run("prepare", "synthetic-protocols", "--count", "400", "--seed", "5", "--out", "out")).ExitCode);
        var prepared = PreparedFolder.Open(_folder.File("out"));
        var parts = prepared.Card.Settings.Single(s => s.Key == "parts").Value;
        Assert.Equal("train and validation: records 0 to 359, kept templates and vocabulary; test: records 360 to 399, held-out templates and vocabulary (0.2 of the templates, 0.2 of each word list)", parts);
        Assert.InRange(prepared.Card.Splits.Single(s => s.Split == "test").Records, 25, 40);

        static long Number(PromptExample e) => long.Parse(e.Id[(e.Id.LastIndexOf('-') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        static string Template(long i, SyntheticPart part) => SyntheticProtocols.Write(5, i, new SyntheticSettings { Part = part }).Template;
        var kept = prepared.Read(DataSplit.Train).Concat(prepared.Read(DataSplit.Validation)).ToList();
        var test = prepared.Read(DataSplit.Test).ToList();
        Assert.All(kept, e => Assert.True(Number(e) < 360));
        Assert.All(test, e => Assert.True(Number(e) >= 360));
        Assert.Empty(kept.Select(e => Template(Number(e), SyntheticPart.Kept)).Intersect(test.Select(e => Template(Number(e), SyntheticPart.HeldOut))));
        Assert.All(test.Take(5), e => Assert.Equal(SyntheticProtocols.At(5, Number(e), new SyntheticSettings { Part = SyntheticPart.HeldOut }).Note.Protocols[0], e.Answer));

        // a part that is asked for is split as any other data
        Assert.Equal(0, (await Run("prepare", "synthetic-protocols", "--count", "200", "--part", "kept", "--out", "kept")).ExitCode);
        Assert.DoesNotContain(PreparedFolder.Open(_folder.File("kept")).Card.Settings, s => s.Key == "parts");
        Assert.NotEmpty(PreparedFolder.Open(_folder.File("kept")).Read(DataSplit.Test));
    }

    [SkippableTheory, Trait(LongTests.Category, LongTests.Long)]
    [InlineData("openi-chest-xray", 2568)]
    [InlineData("mtsamples-radiology", 182)]
    public async Task Real_data_is_prepared_from_the_mirror_in_one_command(string dataSet, int records)
    {
        LongTests.SkipUnlessAsked();
        string mirror = Path.GetDirectoryName(SharedData.Require("MANIFEST.csv"))!;
        var run = await RunWith(mirror, _folder, "prepare", dataSet, "--out", "out", "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        var prepared = PreparedFolder.Open(_folder.File("out"));
        Assert.Equal((records, "dev-subset"), (prepared.Card.Read, prepared.Provenance.Files[0].Digest));
        Assert.Equal(prepared.Card.Read, prepared.Card.Kept + prepared.Card.Dropped + prepared.Card.Rejected);
        Assert.Contains("no leakage", prepared.Card.Leakage, StringComparison.Ordinal);
        var train = prepared.Read(DataSplit.Train).Select(e => NormalizedText.Of(e.Input)).ToHashSet();
        Assert.All(prepared.Read(DataSplit.Test), e => Assert.DoesNotContain(NormalizedText.Of(e.Input), train));
    }

    [Fact]
    public async Task A_tampered_mirror_is_refused_by_verify_and_by_prepare()
    {
        _folder.Write("mirror/" + s_openi, "uid,MeSH,Problems,image,indication,comparison,findings,impression\n");
        var verify = await RunWith(_folder.File("mirror"), _folder, "verify", "openi-chest-xray");
        Assert.Equal(3, verify.ExitCode);
        Assert.Contains(s_openi + ": has 66 bytes with sha256 ", verify.Output, StringComparison.Ordinal);
        var prepare = await RunWith(_folder.File("mirror"), _folder, "prepare", "openi-chest-xray", "--out", "out");
        Assert.Equal(3, prepare.ExitCode);
        Assert.Contains("known are dev-subset b7bc0ecbabff…", prepare.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_set_of_your_own_goes_by_a_manifest_of_your_own()
    {
        _folder.Write("mine.json", """
            { "id": "mine", "title": "Mine", "kind": "reports", "licence": { "text": "own", "url": "https://example.org" }, "citation": "none", "home": "https://example.org",
              "phi": { "class": "contains-phi", "note": "real" }, "terms": { "adaptedText": "forbidden", "trainedWeights": "forbidden", "commercialUse": "forbidden", "note": "own" },
              "acquisition": { "method": "by-hand", "instructions": "ask" },
              "files": [ { "path": "mine/a.csv", "role": "reports", "format": "csv", "digests": [ { "name": "full" } ],
                "columns": [ { "name": "n", "role": "id", "meaning": "number" }, { "name": "p", "role": "patient", "meaning": "patient" }, { "name": "report", "role": "text", "meaning": "report" } ] } ],
              "split": { "by": "patient", "train": 0.8, "validation": 0.1, "test": 0.1, "note": "by patient" } }
            """);
        var rows = Enumerable.Range(0, 60).Select(i => $"{i},P{i / 2},\"FINDINGS: Seen by Dr. Miller on 03/04/2019, study number {i}: the heart is of normal size and the lungs hold {i} small nodules.\nIMPRESSION: Nodules, {i} of them.\"");
        _folder.Write("a.csv", "n,p,report\n" + string.Join('\n', rows) + "\n60,P9,\"broken\" quote\n5,P1,again\n");
        _folder.Write("salt.txt", "a salt that nobody guesses");

        Assert.Equal(4, (await Run("prepare", "mine.json", "--from", "a.csv", "--out", "out")).ExitCode);
        var strict = await Run("prepare", "mine.json", "--from", "a.csv", "--out", "out", "--salt-file", "salt.txt");
        Assert.Equal((3, "radlab: a.csv:122: field 3 has text after its closing quote; double the quotes inside the field (--skip-bad sets such records aside)"), (strict.ExitCode, strict.Error.Split('\n').Last(l => l.StartsWith("radlab:", StringComparison.Ordinal)).Trim()));
        var skip = await Run("prepare", "mine.json", "--from", "a.csv", "--out", "out", "--salt-file", "salt.txt", "--skip-bad", "--near-duplicates", "0");
        Assert.True(skip.ExitCode == 0, skip.Error);
        Assert.Equal(2, File.ReadAllLines(_folder.File("out/rejects.jsonl")).Length);
        var prepared = PreparedFolder.Open(_folder.File("out"));
        Assert.Equal((62, 2), (prepared.Card.Read, prepared.Card.Rejected));
        foreach (var e in Enum.GetValues<DataSplit>().SelectMany(prepared.Read))
        {
            Assert.DoesNotContain("Miller", e.Input, StringComparison.Ordinal);
            Assert.DoesNotContain("03/04", e.Input, StringComparison.Ordinal);
        }
        // restricted, so not into a work tree
        Directory.CreateDirectory(_folder.File("tree/.git"));
        var refused = await Run("prepare", "mine.json", "--from", "a.csv", "--out", "tree/out", "--salt-file", "salt.txt", "--skip-bad");
        Assert.Equal(4, refused.ExitCode);
        Assert.Contains("--allow-in-git mine", refused.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await Run("prepare", "mine.json", "--from", "a.csv", "--out", "tree/out", "--salt-file", "salt.txt", "--allow-in-git", "other")).ExitCode);
    }

    [SkippableFact]
    public async Task Interrupted_it_leaves_nothing_and_says_so()
    {
        Skip.If(OperatingSystem.IsWindows());
        var run = await Cli.RunAsync(_folder.Path, ["data", "prepare", "synthetic-reports", "--count", "100000000", "--out", "out"], whileRunning: async process =>
        {
            string spool = _folder.File("out.partial/audit.jsonl");
            while (!File.Exists(spool) && !process.HasExited) await Task.Delay(50);
            await Task.Delay(300);
            using var kill = System.Diagnostics.Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        });
        Assert.Equal((130, true), (run.ExitCode, run.Error.Contains("radlab: interrupted", StringComparison.Ordinal)));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(_folder.Path), e => Path.GetFileName(e).StartsWith("out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_bench_says_how_fast_and_in_how_much_memory()
    {
        var bench = await Cli.RunAsync(_folder.Path, ["bench", "data", "--reports", "300", "--json"]);
        Assert.Equal(0, bench.ExitCode);
        using var json = JsonDocument.Parse(bench.Output);
        Assert.Equal(300, json.RootElement.GetProperty("reports").GetInt64());
        Assert.InRange(json.RootElement.GetProperty("words_per_report").GetDouble(), 50, 70);
    }
}
