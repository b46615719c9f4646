using System.CommandLine;
using RadLab.Cli;
using RadLab.Models;
using RadLab.Notebooks;
using RadLab.Radiology;
using RadLab.Training;

// the process of one notebook: somebody waits for its first cell, and it needs none of the verbs
if (NotebooksVerb.IsHost(args))
{
    await CellHost.RunAsync();
    return ExitCodes.Done;
}

Command[] verbs =
[
    NotebooksVerb.Create(),
    KernelVerb.Create(),
    DoctorVerb.Create(),
    BenchVerb.Create(),
    GenerateVerb.Create(),
    ConvertVerb.Create(),
    InspectVerb.Create(),
    TrainVerb.Create(),
    TokenizerVerb.Create(),
    PlanVerb.Create(),
    SweepVerb.Create(),
    RunsVerb.Create(),
    EvalVerb.Create(),
    PredictVerb.Create(),
    RegistryVerb.Create(),
    ExportVerb.Create(),
    MergeVerb.Create(),
    DataVerb.Create(),
];

var root = new RootCommand("RadLab: fine-tune radiology language models with QLoRA, and understand how it works.");
foreach (var verb in verbs) root.Subcommands.Add(verb);

var parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors) Report(error.Message);
    return ExitCodes.WrongUsage;
}
try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(5) });
}
catch (Exception e)
{
    Report(e is OperationCanceledException ? "interrupted" : e.Message);
    return e switch
    {
        OperationCanceledException => ExitCodes.Interrupted,
        UsageException or ParameterException => ExitCodes.WrongUsage,
        NotebookFormatException or KernelException or CheckpointFormatException or DataFormatException or RecipeException or TrainingGuardException or FileNotFoundException => ExitCodes.BadInput,
        DataRefusedException or LeakageException => ExitCodes.Found,
        _ => ExitCodes.Failed,
    };
}

static void Report(string message) => Console.Error.WriteLine($"radlab: {message.ReplaceLineEndings(" ")}");
