using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using RadLab.Notebooks;

namespace RadLab.Tests;

/// <summary>The course in <c>notebooks/</c>, as its readers get it: form, exercises and stored outputs. What its cells compute is asserted by their own last cells.</summary>
public sealed partial class CourseTests
{
    private const int MostLines = 30;
    private const string NotAnswered = "not answered yet";

    private static readonly string s_folder = Path.Combine(Root(), "notebooks"), s_solutions = Path.Combine(Root(), "notebooks", "solutions");

    private static readonly string[] s_course = [.. Directory.GetFiles(s_folder, "*.ipynb").Order(StringComparer.Ordinal)];

    private static readonly string[] s_solved = [.. Directory.GetFiles(s_solutions, "*.ipynb").Order(StringComparer.Ordinal)];

    /// <summary>Those with exercises: all but the first.</summary>
    public static TheoryData<string> Lessons => [.. s_course.Select(Name).Where(f => !f.StartsWith("00-", StringComparison.Ordinal))];

    public static TheoryData<string> All => [.. s_course.Select(Name), .. s_solved.Select(f => "solutions/" + Name(f))];

    [Fact]
    public void The_course_has_its_notebooks()
    {
        string[] names = [.. s_course.Select(f => Path.GetFileNameWithoutExtension(f))];
        foreach (string name in (string[])["00-start-here", "01-data-preparation", "02-nf4-double-quantization", "03-lora-mechanics", "04-lora-rank-sweep"]) Assert.Contains(name, names);
        Assert.Equal(names.Length, names.Select(n => n[..2]).Distinct().Count());
    }

    [Theory, MemberData(nameof(All))]
    public void Each_is_valid_nbformat(string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(s_folder, name)));
        var root = json.RootElement;
        Assert.Equal((4, 5), (root.GetProperty("nbformat").GetInt32(), root.GetProperty("nbformat_minor").GetInt32()));
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var cell in root.GetProperty("cells").EnumerateArray())
        {
            string id = cell.GetProperty("id").GetString()!;
            Assert.Matches(CellId(), id);
            Assert.True(ids.Add(id), $"{name}: two cells have the id {id}");
            bool code = cell.GetProperty("cell_type").ValueEquals("code");
            Assert.True(code || cell.GetProperty("cell_type").ValueEquals("markdown"));
            Assert.Equal(JsonValueKind.Object, cell.GetProperty("metadata").ValueKind);
            Assert.Equal(JsonValueKind.Array, cell.GetProperty("source").ValueKind);
            string[] keys = [.. cell.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal)];
            Assert.Equal(code ? ["cell_type", "execution_count", "id", "metadata", "outputs", "source"] : ["cell_type", "id", "metadata", "source"], keys.Where(k => k != "attachments"));
        }
        Assert.Equal("C#", root.GetProperty("metadata").GetProperty("kernelspec").GetProperty("language").GetString());
    }

    [Theory, MemberData(nameof(All))]
    public void No_cell_is_longer_than_thirty_lines(string name) =>
        Assert.DoesNotContain(Load(name).Cells, c => c.Kind == CellKind.Code && c.Source.Split('\n').Length > MostLines);

    [Theory, MemberData(nameof(All))]
    public void Each_has_the_parameter_quick_and_begins_with_a_title(string name)
    {
        var notebook = Load(name);
        Assert.StartsWith("# ", notebook.Cells[0].Source, StringComparison.Ordinal);
        Assert.Equal("bool", Parameters.Declared(notebook)["quick"]);
    }

    [Theory, MemberData(nameof(Lessons))]
    public void Outputs_are_those_of_a_whole_quick_run_on_synthetic_data(string name)
    {
        foreach (var notebook in (Notebook[])[Load(name), Load("solutions/" + name)])
        {
            Assert.True(OutputStrip.IsSynthetic(notebook), $"{notebook.File}: metadata.radlab.outputs must be '{OutputStrip.Synthetic}'");
            Assert.Empty(NotebookCheck.Stored(notebook));
            var cells = Code(notebook);
            Assert.Equal(Enumerable.Range(1, cells.Length), cells.Select(c => c.ExecutionCount ?? 0));
            Assert.DoesNotContain(notebook.Cells, c => c.Tags.Contains(Parameters.InjectedTag));
            Assert.DoesNotContain(cells.SelectMany(c => c.Outputs), o => o.GetProperty("output_type").ValueEquals("error"));
        }
    }

    [Theory, MemberData(nameof(Lessons))]
    public void Each_ends_with_two_to_four_exercises_that_a_cell_checks(string name)
    {
        var notebook = Load(name);
        var checks = Exercises(notebook);
        Assert.InRange(checks.Length, 2, 4);
        // unanswered, each says so and nothing fails
        Assert.All(checks, c => Assert.Contains(NotAnswered, Shown(c), StringComparison.Ordinal));
        string heading = notebook.Cells.Last(c => c.Kind == CellKind.Markdown && c.Source.StartsWith("## ", StringComparison.Ordinal)).Source;
        Assert.StartsWith("## Exercises", heading, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Lessons))]
    public void Each_has_solutions_to_the_same_checks(string name)
    {
        var solved = Load("solutions/" + name);
        var (asked, answered) = (Exercises(Load(name)), Exercises(solved));
        Assert.Equal(asked.Select(c => c.Source), answered.Select(c => c.Source));
        Assert.All(answered, c => Assert.DoesNotContain(NotAnswered, Shown(c), StringComparison.Ordinal));
        Assert.All(answered, c => Assert.NotEqual("", Shown(c)));
    }

    [Theory, MemberData(nameof(Lessons))]
    public void What_it_shows_is_asserted_at_its_end(string name)
    {
        var cells = Code(Load(name));
        int asserting = Array.FindLastIndex(cells, c => c.Source.Contains("void Check(bool", StringComparison.Ordinal));
        Assert.True(asserting >= 0, $"{name}: there is no cell of checks");
        Assert.InRange(CheckCall().Count(cells[asserting].Source), 4, 40);   // the definition is one of them
        Assert.Contains("all checks hold", Shown(cells[asserting]), StringComparison.Ordinal);
    }

    [SkippableTheory, MemberData(nameof(Lessons))]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task The_solutions_run(string name)
    {
        LongTests.SkipUnlessAsked();
        using var folder = new TemporaryFolder();
        var result = await Cli.RunAsync(folder.Path, ["notebooks", "run", Path.Combine(s_solutions, name), "--out", Path.Combine(folder.Path, "out")]);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.All(Exercises(Notebook.Load(Path.Combine(folder.Path, "out", name))), c => Assert.DoesNotContain(NotAnswered, Shown(c), StringComparison.Ordinal));
    }

    /// <summary>A run of the folder is a run of the course; its answers stand in a folder below.</summary>
    [Fact]
    public void A_run_without_files_leaves_the_solutions_out()
    {
        Assert.NotEmpty(s_solved);
        Assert.Equal(s_course, RadLab.Cli.NotebookFolder.Expand([s_folder]));
    }

    private static string Name(string file) => Path.GetFileName(file);

    private static Notebook Load(string name) => Notebook.Load(Path.Combine(s_folder, name));

    private static NotebookCell[] Code(Notebook notebook) => [.. notebook.Cells.Where(c => c.Kind == CellKind.Code && !string.IsNullOrWhiteSpace(c.Source))];

    /// <summary>The cells that check an answer.</summary>
    private static NotebookCell[] Exercises(Notebook notebook) => [.. Code(notebook).Where(c => c.Source.Contains(NotAnswered, StringComparison.Ordinal))];

    private static string Shown(NotebookCell cell) => string.Concat(cell.Outputs.Select(o => o.GetProperty("output_type").GetString() == "stream" ? Joined(o.GetProperty("text")) : Joined(o.GetProperty("data").GetProperty("text/plain"))));

    private static string Joined(JsonElement text) => text.ValueKind == JsonValueKind.Array ? string.Concat(text.EnumerateArray().Select(l => l.GetString())) : text.GetString()!;

    private static string Root([CallerFilePath] string here = "")
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "RadLab.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));
    }

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,64}$")]
    private static partial Regex CellId();

    [GeneratedRegex(@"\bCheck\(")]
    private static partial Regex CheckCall();
}
