using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class PreparationTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static PromptExample Prompt(Report r, ulong seed, string split) => new() { Id = r.Id, Task = "impression", Split = split, Instruction = $"Write the impression. {seed}", Input = r.Findings, Answer = r.Impression };

    private static Report Made(int i, string? patient = null, string? findings = null) => new()
    {
        Id = i.ToString(CultureInfo.InvariantCulture), Source = "set", PatientId = patient, Modality = "CR",
        Findings = findings ?? $"Study {i * 7919}: {Words(i)} and the heart is of normal size.", Impression = $"Finding {i * 104729} of {Words(i + 1000)}.",
    };

    private static readonly string[] s_vocabulary =
    [
        .. "heart lungs clear normal small large left right upper lower lobe opacity effusion nodule mass stable unchanged mild moderate severe focal diffuse acute chronic fracture".Split(' '),
        .. "spine rib pleural cardiac size contour silhouette vascular pulmonary edema consolidation atelectasis pneumothorax calcified granuloma liver kidney spleen bowel gallbladder".Split(' '),
    ];

    // 40 ordinary words in an order of their own: no two texts share many runs of words, and none looks like a name
    private static string Words(int i)
    {
        var random = new SeededRandom(1, 1, (ulong)i);
        return string.Join(' ', Enumerable.Range(0, 40).Select(_ => random.Pick(s_vocabulary)));
    }

    private DataCard Run(IEnumerable<ReadResult<Report>> source, string name, PreparationOptions? options = null, DataManifest? manifest = null)
    {
        manifest ??= ManifestCatalog.Find("openi-chest-xray");
        var steps = new IRecordStep<Report>[] { new SectionStep(), new CleaningStep(), new DeidentificationStep(new Deidentifier(new DeidentificationSettings())) };
        return new Preparation<Report>(new ReportKind(), steps, Prompt, options ?? new PreparationOptions { Salt = "salt" })
            .Run(source, () => DataProvenance.Of(manifest, [new FileProvenance("a.csv", "dev-subset", new string('a', 64), 1)]), "impression", _folder.File(name));
    }

    private static IEnumerable<ReadResult<Report>> Records(params IEnumerable<Report> reports) => reports.Select((r, i) => new ReadResult<Report>(r, "a.csv", i + 2));

    private static List<Report> Mixed()
    {
        var reports = Enumerable.Range(0, 900).Select(i => Made(i)).ToList();
        reports.Add(Made(900) with { Findings = "" });
        reports.Add(Made(901) with { Impression = "x" });
        reports.Add(Made(902) with { Findings = reports[3].Findings, Impression = reports[3].Impression.ToUpperInvariant() });
        reports.Add(Made(903) with { Findings = reports[4].Findings + " Also.", Impression = reports[4].Impression });
        reports.Add(Made(904) with { Text = $"FINDINGS: {Words(904)} seen on 03/04/2019 again.\nIMPRESSION: Something {Words(1904)}.", Findings = "", Impression = "" });
        reports.Add(Made(905) with { Findings = $"  {Words(905)} \r\n and more words here  " });
        return reports;
    }

    [Fact]
    public void Every_record_is_kept_dropped_or_rejected_and_each_for_a_reason()
    {
        var card = Run(Records(Mixed()), "out");
        Assert.True((906, 902, 4, 0) == (card.Read, card.Kept, card.Dropped, card.Rejected), card.Summary());
        Assert.Equal(["sections", "clean", "de-identify", "exact duplicates", "near duplicates", "split", "leakage gate", "prompts"], card.Steps.Select(s => s.Step));
        Assert.Equal([("impression-too-short", 1), ("no-findings", 1), ("exact-duplicate", 1), ("near-duplicate", 1)], card.Steps.SelectMany(s => s.Dropped).Select(d => (d.Reason, d.Count)));
        Assert.Contains(new DoneCount("findings found in the text", 1), card.Steps[0].Done);
        Assert.Contains(new DoneCount("reports with tidied whitespace", 1), card.Steps[1].Done);
        Assert.Contains(new DoneCount("replaced as date", 1), card.Steps[2].Done);
        Assert.Equal(["audit.jsonl", "data-card.html", "data-card.json", "flow.svg", "split-ledger.txt", "test.jsonl", "train.jsonl", "validation.jsonl"], Directory.GetFileSystemEntries(_folder.File("out")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.InRange(card.Splits[0].Records / 902.0, 0.7, 0.9);
    }

    [Fact]
    public void The_same_input_gives_the_same_bytes_for_any_number_of_threads()
    {
        Run(Records(Mixed()), "one", new PreparationOptions { Salt = "salt", Threads = 1 });
        Run(Records(Mixed()), "five", new PreparationOptions { Salt = "salt", Threads = 5 });
        foreach (string file in Directory.GetFiles(_folder.File("one"))) Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(file.Replace("one", "five", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_prepared_folder_reads_back_with_its_terms_and_refuses_a_changed_file()
    {
        var card = Run(Records(Mixed()), "out");
        var prepared = PreparedFolder.Open(_folder.File("out"));
        Assert.Equal((TermsOfUse.Forbidden, PhiClass.PublicDeidentified, "dev-subset"), (prepared.Provenance.Terms.CommercialUse, prepared.Provenance.Phi.Class, prepared.Provenance.Files[0].Digest));
        Assert.Equal(card.Steps.SelectMany(s => s.Dropped), prepared.Card.Steps.SelectMany(s => s.Dropped));
        var examples = Enum.GetValues<DataSplit>().SelectMany(prepared.Read).ToList();
        Assert.Equal(902, examples.Count);
        Assert.Equal(902, examples.Select(e => e.Id).Distinct().Count());
        var shifted = examples.Single(e => e.Id == "904");
        Assert.DoesNotContain("03/04", shifted.Input, StringComparison.Ordinal);
        Assert.Contains("2019", shifted.Input, StringComparison.Ordinal);

        File.AppendAllText(_folder.File("out/train.jsonl"), "\n");
        Assert.EndsWith("train.jsonl is not the file of the data card (its SHA-256 differs); prepare the data again", Assert.Throws<DataFormatException>(() => PreparedFolder.Open(_folder.File("out"))).Message, StringComparison.Ordinal);
        Assert.Contains("holds no data-card.json", Assert.Throws<DataFormatException>(() => PreparedFolder.Open(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_record_stops_the_run_with_its_place_and_leaves_nothing_behind()
    {
        ReadResult<Report>[] source = [.. Records(Made(1)), new(new Rejection("a.csv", 3, "is not UTF-8"))];
        Assert.Equal("a.csv:3: is not UTF-8 (--skip-bad sets such records aside)", Assert.Throws<DataFormatException>(() => Run(source, "out")).Message);
        Assert.Equal("a.csv:3: has an id that an earlier record has; ids must be unique within a data set (--skip-bad sets such records aside)", Assert.Throws<DataFormatException>(() => Run(Records(Made(1), Made(1)), "out")).Message);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Told_to_skip_the_bad_records_stand_in_the_rejects_file()
    {
        ReadResult<Report>[] source = [.. Records(Mixed()), new(new Rejection("a.csv", 2000, "is not UTF-8")), new(Made(5), "a.csv", 2001)];
        var card = Run(source, "out", new PreparationOptions { Salt = "salt", SkipBad = true });
        Assert.Equal((908, 902, 4, 2), (card.Read, card.Kept, card.Dropped, card.Rejected));
        Assert.Equal(["{\"file\":\"a.csv\",\"line\":2000,\"reason\":\"is not UTF-8\"}", "{\"file\":\"a.csv\",\"line\":2001,\"reason\":\"has an id that an earlier record has; ids must be unique within a data set\"}"], File.ReadAllLines(_folder.File("out/rejects.jsonl")));
    }

    [Fact]
    public void Counts_that_do_not_add_up_are_not_written()
    {
        var card = Run(Records(Mixed()), "out");
        foreach (var wrong in new[] { card with { Read = 907 }, card with { Kept = 901 }, card with { Dropped = 5 }, card with { Rejected = 1 }, card with { Steps = [.. card.Steps.Take(3), .. card.Steps.Skip(4)] }, card with { Splits = [] } })
            Assert.Contains("the run is not trusted", Assert.Throws<InvalidOperationException>(wrong.Check).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hidden_ids_leave_as_salted_hashes_only()
    {
        var reports = Enumerable.Range(0, 50).Select(i => Made(i, $"patient-{i / 3}") with { Id = $"secret-{i}", Findings = $"  {Made(i).Findings}" });
        Run(Records(reports), "out", new PreparationOptions { Salt = "a secret salt of some length", HideIds = true });
        foreach (string file in Directory.GetFiles(_folder.File("out")))
        {
            string text = File.ReadAllText(file);
            Assert.DoesNotContain("secret-", text, StringComparison.Ordinal);
            Assert.DoesNotContain("patient-", text, StringComparison.Ordinal);
        }
        var train = PreparedFolder.Open(_folder.File("out")).Read(DataSplit.Train).First();
        Assert.Matches("^[0-9a-f]{32}$", train.Id);
    }

    [Fact]
    public void A_patients_reports_stand_on_one_side_and_equal_findings_on_none_other()
    {
        var reports = Enumerable.Range(0, 600).Select(i => Made(i, $"p{i / 4}")).Concat(Enumerable.Range(0, 200).Select(i => Made(1000 + i, findings: $"The same findings number {i / 5}: {Words(i / 5)}."))).ToList();
        Run(Records(reports), "out", new PreparationOptions { Salt = "s", DropNearDuplicatesFrom = null });
        var prepared = PreparedFolder.Open(_folder.File("out"));
        var sideOf = Enum.GetValues<DataSplit>().SelectMany(s => prepared.Read(s).Select(e => (e.Id, e.Split))).ToDictionary(e => e.Id, e => e.Split);
        Assert.Equal(800, sideOf.Count);
        foreach (var group in reports.GroupBy(r => r.PatientId ?? r.Findings)) Assert.Single(group.Select(r => sideOf[r.Id]).Distinct());
        Assert.Equal(3, sideOf.Values.Distinct().Count());
    }

    [Fact]
    public void An_earlier_ledger_keeps_every_record_on_its_side()
    {
        var reports = Enumerable.Range(0, 300).Select(i => Made(i)).ToList();
        Run(Records(reports), "first", new PreparationOptions { Salt = "s" });
        SplitLedger ledger;
        using (var reader = new StreamReader(_folder.File("first/split-ledger.txt"))) ledger = SplitLedger.Read(reader, "split-ledger.txt");
        Run(Records(Enumerable.Range(500, 200).Select(i => Made(i)).Concat(reports)), "second", new PreparationOptions { Salt = "s", Earlier = ledger });
        var before = Sides("first");
        var after = Sides("second");
        Assert.All(before, b => Assert.Equal(b.Value, after[b.Key]));

        Dictionary<string, string> Sides(string name) => Enum.GetValues<DataSplit>().SelectMany(PreparedFolder.Open(_folder.File(name)).Read).ToDictionary(e => e.Id, e => e.Split);
    }

    [Fact]
    public void A_folder_is_replaced_only_when_told_and_only_if_prepare_made_it()
    {
        Run(Records(Mixed()), "out");
        Assert.Contains("is there already", Assert.Throws<DataRefusedException>(() => Run(Records(Mixed()), "out")).Message, StringComparison.Ordinal);
        var again = new Preparation<Report>(new ReportKind(), [], Prompt, new PreparationOptions { Salt = "s" });
        var manifest = ManifestCatalog.Find("synthetic-reports");
        Assert.Equal(20, again.Run(Records(Enumerable.Range(0, 20).Select(i => Made(i))), () => DataProvenance.Of(manifest, []), "impression", _folder.File("out"), replace: true).Kept);
        Assert.Equal("synthetic-reports", PreparedFolder.Open(_folder.File("out")).Provenance.DataSet);
        Assert.Equal(["out"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));

        _folder.Write("mine/thesis.txt", "precious");
        Assert.Contains("was not made by data prepare", Assert.Throws<DataRefusedException>(() => again.Run([], () => DataProvenance.Of(manifest, []), "impression", _folder.File("mine"), replace: true)).Message, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.File("mine/thesis.txt")));
    }

    [Fact]
    public void Cancelled_nothing_is_left()
    {
        using var cancel = new CancellationTokenSource();
        IEnumerable<ReadResult<Report>> Endless()
        {
            for (int i = 0; ; i++)
            {
                if (i == 3000) cancel.Cancel();
                yield return new ReadResult<Report>(Made(i), "a.csv", i);
            }
        }
        var preparation = new Preparation<Report>(new ReportKind(), [], Prompt, new PreparationOptions { Salt = "s" });
        Assert.ThrowsAny<OperationCanceledException>(() => preparation.Run(Endless(), () => DataProvenance.Of(ManifestCatalog.Shipped[0], []), "impression", _folder.File("out"), cancellation: cancel.Token));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void The_cards_pages_are_well_formed_and_hold_every_count()
    {
        var manifest = ManifestCatalog.Find("openi-chest-xray") with { Title = "A <script>&\"title\"" };
        var card = Run(Records(Mixed()), "out", manifest: manifest);
        var flow = XDocument.Load(_folder.File("out/flow.svg"));
        string drawn = string.Join('\n', flow.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value));
        foreach (string text in new[] { "Read", "906 records", "Clean", "904 records", "1  no findings section", "Near duplicates", "902 records", "Train", "Validation", "Test" }) Assert.Contains(text, drawn, StringComparison.Ordinal);

        string html = File.ReadAllText(_folder.File("out/data-card.html"));
        Assert.Contains("A &lt;script&gt;&amp;&quot;title&quot;", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        foreach (string text in new[] { "CC-BY-NC-ND-4.0", "commercial use forbidden", "no-findings", "Demner-Fushman", card.Files[0].Sha256, "4 dropped, 0 rejected" }) Assert.Contains(text, html, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllBytes(_folder.File("out/data-card.json")));
        Assert.Equal(906, json.RootElement.GetProperty("read").GetInt64());
        Assert.Contains("906 read, 902 kept, 4 dropped, 0 rejected", card.Summary(), StringComparison.Ordinal);
        Assert.Contains("906 read", RadLab.Notebooks.Formatters.Format(card)["text/html"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_come_in_order_and_few_batches_wait()
    {
        int made = 0, taken = 0;
        IEnumerable<int> Source()
        {
            for (; made < 2000; made++)
            {
                Assert.True(made - taken <= 10 * (2 * 4 + 2), "too many records in memory");
                yield return made;
            }
        }
        var expected = 0;
        foreach (int[] batch in OrderedBatches.Select(Source(), 10, 4, items => { Thread.SpinWait(items[0] % 7 * 1000); return items; }, default))
            foreach (int item in batch)
            {
                Assert.Equal(expected++, item);
                taken++;
            }
        Assert.Equal(2000, expected);
    }

    [Fact]
    public void Restricted_data_stays_out_of_git_work_trees()
    {
        Directory.CreateDirectory(_folder.File("tree/.git"));
        string inside = _folder.File("tree/a/b"), outside = _folder.File("elsewhere");
        Assert.Equal(_folder.File("tree"), GitWorkTree.Containing(inside));
        Assert.Null(GitWorkTree.Containing(outside));
        var restricted = ManifestCatalog.Find("openi-chest-xray");
        Assert.Equal($"{inside}: lies in the git work tree {_folder.File("tree")}, and openi-chest-xray is restricted (CC-BY-NC-ND-4.0); choose a folder outside, or give --allow-in-git openi-chest-xray",
            Assert.Throws<DataRefusedException>(() => GitWorkTree.Refuse(restricted, inside, allowed: false)).Message);
        GitWorkTree.Refuse(restricted, inside, allowed: true);
        GitWorkTree.Refuse(restricted, outside, allowed: false);
        GitWorkTree.Refuse(ManifestCatalog.Find("synthetic-reports"), inside, allowed: false);

        Directory.CreateSymbolicLink(_folder.File("link"), _folder.File("tree"));
        Assert.NotNull(GitWorkTree.Containing(_folder.File("link/new")));
    }
}
